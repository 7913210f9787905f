"""What a CPR number tells (law of the CPR; the old check digit does not hold since 2007). Pure."""

import re
from datetime import date


def born_on(cpr_number: str) -> date | None:
    """The date of birth in a CPR number: the century is told by the seventh digit and the year. None: it is none."""
    if not re.fullmatch(r"[0-9]{10}", cpr_number):
        return None
    year, seventh = int(cpr_number[4:6]), int(cpr_number[6])
    if seventh <= 3:
        century = 1900
    elif seventh in (4, 9):
        century = 2000 if year <= 36 else 1900
    else:
        century = 2000 if year <= 57 else 1800
    try:
        return date(century + year, int(cpr_number[2:4]), int(cpr_number[:2]))
    except ValueError:
        return None


def age_on(born: date, day: date) -> int:
    """Whole years on that day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


_PENSION = ((date(1953, 12, 31), 65), (date(1962, 12, 31), 67), (date(1966, 12, 31), 68), (date(1970, 12, 31), 69))
"""The last day of birth for which the age of state pension (folkepension) is so; 70 for those born later.

Those born in 1954 and the first half of 1955 got it between 65½ and 67: they have it long since.
"""


def has_pension_age(born: date, day: date) -> bool:
    """Is the person of the age of state pension that day?"""
    age = next((age for last, age in _PENSION if born <= last), 70)
    return age_on(born, day) >= age
