"""Specialist question sets: what to ask beside the method's themes, where a target group calls for it."""

from __future__ import annotations

from collections.abc import Collection

from casework.configuration.kinds import AnyTargetGroup, ThemeOrCategory
from casework.configuration.reading import Part, Problems
from casework.fields import entries, field, needed, value
from casework.vocabularies import vocabulary


@value
class Question:
    """One question. Its id names the answer in the case, so it is never used anew for another question."""

    id: str = needed()
    theme: ThemeOrCategory = needed("Tema eller kategori")
    text: str = needed("Spørgsmål")
    text_en: str = needed("Spørgsmål på engelsk")
    help: str | None = field("Vejledning")


@value
class QuestionSet:
    """Questions about one kind of difficulty. Without target groups it suits every citizen."""

    id: str = needed()
    label: str = needed("Navn")
    label_en: str = needed("Navn på engelsk")
    target_groups: tuple[AnyTargetGroup, ...] = entries("Målgrupper", key=None)
    questions: tuple[Question, ...] = needed("Spørgsmål")

    def suits(self, target_groups: Collection[str]) -> bool:
        """Whether one of these groups is the set's, or stands below one of the set's."""
        groups = vocabulary("target-groups")
        return not self.target_groups or any(
            group == own or (group in groups and groups.is_under(group, own))
            for group in target_groups
            for own in self.target_groups
        )


@value
class QuestionsFile(Part):
    """questions.yaml"""

    question_sets: tuple[QuestionSet, ...] = needed("Spørgsmålssæt")

    def problems(self) -> Problems:
        """An id is there once: a set's among sets, a question's among all questions."""
        sets: set[str] = set()
        questions: set[str] = set()
        for n, one in enumerate(self.question_sets):
            if one.id in sets:
                yield f"question_sets[{n}].id", f"Sættet {one.id} står der allerede"
            sets.add(one.id)
            for m, question in enumerate(one.questions):
                if question.id in questions:
                    yield f"question_sets[{n}].questions[{m}].id", f"Spørgsmålet {question.id} står der allerede"
                questions.add(question.id)
