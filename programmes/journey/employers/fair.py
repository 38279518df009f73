"""Fair recruitment after the IRIS Standard (domain.md M09): questions, answers, the share of yes, and what is red.

The questions are two code lists, one about a recruiter and one about a placement; an office adds its own there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from programmes.base.common.models import Record
from programmes.base.rulebook import codes

OF_RECRUITER, OF_PLACEMENT = "fair_recruiter", "fair_placement"
# A "no" here is red, whatever the share: fee, passport, freedom to leave, substitution of the contract.
RED = frozenset(
    {"no_fees", "free_movement", "clear_terms", "no_fee", "holds_passport", "free_to_leave", "contract_as_offered"}
)
# The question about a fee, which may also have been given back.
FEE = "no_fee"


class Answer(models.TextChoices):
    """What is known about one question."""

    YES = "yes", _("yes")
    NO = "no", _("no")
    REFUNDED = "refunded", _("charged, and all of it given back")
    UNKNOWN = "unknown", _("unknown")


# A fee that was given back whole costs the worker nothing, so it does not count as charged.
MET = frozenset({Answer.YES, Answer.REFUNDED})


class FairAnswer(Record):
    """The answer to one question: what, on which day somebody found out, and who."""

    question = models.CharField(_("question"), max_length=40)
    answer = models.CharField(_("answer"), max_length=10, choices=Answer)
    on = models.DateField(_("on"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("answered by"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.question}: {self.answer}"


@dataclass(frozen=True)
class Standing:
    """How many questions are asked, answered with yes, answered at all; which of them are red."""

    asked: int
    met: int
    known: int
    red: tuple[str, ...]

    @property
    def share(self) -> Decimal:
        """Yes of all questions in per cent, with one decimal; what nobody knows is not met."""
        whole = Decimal(100 * self.met) / max(self.asked, 1)
        return whole.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    @property
    def tone(self) -> str:
        """The tone of its tag."""
        return "problem" if self.red else "done" if self.asked and self.met == self.asked else "waiting"


def judge(questions: Iterable[str], answers: Mapping[str, str]) -> Standing:
    """How these answers, by question, stand (M09): the share of yes, and red for a no in `RED`.

    Answers to questions that are asked no more do not count.
    """
    asked = list(questions)
    given = {question: answers[question] for question in asked if answers.get(question)}
    return Standing(
        asked=len(asked),
        met=sum(answer in MET for answer in given.values()),
        known=sum(answer != Answer.UNKNOWN for answer in given.values()),
        red=tuple(question for question, answer in given.items() if answer == Answer.NO and question in RED),
    )


@dataclass(frozen=True)
class Checklist:
    """What a page shows: how it stands, and each question with its answer (None while nobody asked)."""

    standing: Standing
    rows: Sequence[tuple[str, Any]]


def checklist(name: str, answers: Iterable[Any]) -> Checklist:
    """The questions of a list in their order with these answers (rows of FairAnswer)."""
    by_question = {row.question: row for row in answers}
    questions = codes.in_force(name)
    for row in by_question.values():
        row.is_red = row.answer == Answer.NO and row.question in RED
        row.tone = "problem" if row.is_red else "done" if row.answer in MET else "waiting"
    return Checklist(
        judge([code for code, _label in questions], {code: row.answer for code, row in by_question.items()}),
        [(label, by_question.get(code)) for code, label in questions],
    )
