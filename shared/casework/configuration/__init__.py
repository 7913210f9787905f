"""The municipality's own settings: one folder of dated YAML, validated whole at start. docs/configuration.md tells all.

What a folder leaves out is as in the shipped `example/`, which is also what a bare `Municipality(name=…)` has.
"""

from casework.configuration.accounts import Account
from casework.configuration.delegation import Delegation
from casework.configuration.finance_layout import FileLayout
from casework.configuration.follow_up import YEARLY, Interval, Months
from casework.configuration.laws import Promulgation
from casework.configuration.municipality import Municipality, load
from casework.configuration.notices import Notice
from casework.configuration.periods import Period
from casework.configuration.questions import Question, QuestionSet
from casework.configuration.reading import EXAMPLE
from casework.configuration.tariffs import Tariff
from casework.configuration.tracks import Track
from casework.errors import Misconfigured

__all__ = [
    "EXAMPLE",
    "YEARLY",
    "Account",
    "Delegation",
    "FileLayout",
    "Interval",
    "Misconfigured",
    "Months",
    "Municipality",
    "Notice",
    "Period",
    "Promulgation",
    "Question",
    "QuestionSet",
    "Tariff",
    "Track",
    "load",
]
