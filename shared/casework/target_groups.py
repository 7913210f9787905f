"""Which target groups are diagnoses, and which group is chosen where there is none (handbook 5.7; EVA-09). Pure."""

from casework.vocabularies import vocabulary


def needs_diagnosis(group: str) -> bool:
    """Is the group one that only a doctor can say somebody belongs to?"""
    groups = vocabulary("target-groups")
    return group in groups and groups[group].is_true("requires_diagnosis")


def without_diagnosis(group: str) -> str:
    """The nearest group that takes no diagnosis: the other one under the same heading, or under the heading above."""
    groups = vocabulary("target-groups")
    for above in groups.ancestors(group):
        for sibling in groups.children(above.code):
            if sibling.is_selectable and sibling.code.startswith("other-") and not needs_diagnosis(sibling.code):
                return sibling.code
    return group


def is_or_under(group: str | None, heading: str) -> bool:
    return bool(group) and (group == heading or vocabulary("target-groups").is_under(str(group), heading))
