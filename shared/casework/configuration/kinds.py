"""Kinds of values that settings have beside those of cases: counts, days and times, amounts."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from marshmallow import ValidationError

from casework.schema import Money, Text, Whole
from casework.vocabularies.fields import CodeField


class _Options:
    """Lets a field stand in an annotation, as casework.schema asks."""

    def with_options(self, **options: Any) -> Self:
        return type(self)(**options)


class CountField(_Options, Whole):
    """A whole number, 0 or more."""

    def _validated(self, value: Any) -> int:
        number = super()._validated(value)
        if number < 0:
            raise ValidationError("Skriv et helt tal, 0 eller mere")
        return number


class KronerField(_Options, Money):
    """An amount, 0 or more. YAML would make 250.00 a number that is not exact, so it is written as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, str) and value[-3:-2] == "." and not value.startswith("-"):
            return super()._deserialize(value, attr, data, **kwargs)
        raise ValidationError('Skriv beløbet i anførselstegn som "250.00"')


class WordField(_Options, Text):
    """One of a few words; each kind says which."""

    words: ClassVar[tuple[str, ...]] = ()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text not in self.words:
            raise ValidationError(f"Skriv {', '.join(self.words[:-1])} eller {self.words[-1]}")
        return text


class DayOfTheYearField(_Options, Text):
    """A day that comes back every year, as 12-24."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            datetime.strptime(f"2000-{text}", "%Y-%m-%d")  # noqa: DTZ007 - a day, no moment; 2000 has a 29 February
        except ValueError as error:
            raise ValidationError("Skriv måned og dag som 12-24") from error
        return text


class TimeOfDayField(_Options, Text):
    """A time of the day, as "07:00"; "24:00" is when it ends. Written as text, since YAML makes a number of 18:00."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value == "24:00":
            return time.max
        try:
            return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - by the Danish clock, no moment
        except (TypeError, ValueError) as error:
            raise ValidationError('Skriv klokkeslættet i anførselstegn som "07:00"') from error


class AnyTargetGroupField(CodeField):
    """A target group, or a heading that stands for all below it."""

    def __init__(self, name: str = "target-groups", **options: Any) -> None:
        super().__init__(name, **options)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.vocabulary)


class ThemeOrCategoryField(CodeField):
    """A theme of the assessment, or a category of themes."""

    def __init__(self, name: str = "themes", **options: Any) -> None:
        super().__init__(name, **options)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(code for code, theme in self.vocabulary.items() if theme["level"] != "subtheme")


Count = Annotated[int, CountField()]
Kroner = Annotated[Decimal, KronerField()]
DayOfTheYear = Annotated[str, DayOfTheYearField()]
TimeOfDay = Annotated[time, TimeOfDayField()]
AnyTargetGroup = Annotated[str, AnyTargetGroupField()]
ThemeOrCategory = Annotated[str, ThemeOrCategoryField()]
