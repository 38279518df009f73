"""Programmes, seasons, requirements, rule values."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from programmes.base.rulebook import codes
from programmes.models import Code, Deadline, Programme, Requirement, RuleValue, Season
from tests.fixtures.accounts import make_office


class ProgrammeFactory(DjangoModelFactory):
    """A programme of Guatemala → Canada without any requirement; `offices` are the offices that run it."""

    class Meta:
        model = Programme
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"programme-{n}")
    names = factory.LazyAttribute(lambda o: {"es": f"Programa {o.code}", "en": f"Programme {o.code}"})
    origin = "GTM"
    destination = "CAN"
    currency = "CAD"

    @factory.post_generation
    def offices(self, create, extracted, **kwargs):
        """By default the office GT-CHM runs it."""
        if create:
            self.offices.set(extracted if extracted is not None else [make_office("GT-CHM")])


class SeasonFactory(DjangoModelFactory):
    """The season of this year and the next."""

    class Meta:
        model = Season

    programme = factory.SubFactory(ProgrammeFactory)
    code = factory.Sequence(lambda n: f"s{n}")
    starts_on = factory.LazyFunction(lambda: date(date.today().year, 1, 1))
    ends_on = factory.LazyFunction(lambda: date(date.today().year + 1, 12, 31))


class RequirementFactory(DjangoModelFactory):
    """A requirement of a programme for a stage; by default a check by hand before becoming eligible."""

    class Meta:
        model = Requirement

    programme = factory.SubFactory(ProgrammeFactory)
    stage = "eligible"
    kind = "check"
    code = factory.Sequence(lambda n: f"check-{n}")
    labels = factory.LazyAttribute(lambda o: {"es": f"Requisito {o.code}", "en": f"Requirement {o.code}"})


class RuleValueFactory(DjangoModelFactory):
    """A programme's own value of a rule."""

    class Meta:
        model = RuleValue

    programme = factory.SubFactory(ProgrammeFactory)


class DeadlineFactory(DjangoModelFactory):
    """A programme's own lead time."""

    class Meta:
        model = Deadline

    programme = factory.SubFactory(ProgrammeFactory)


class CodeFactory(DjangoModelFactory):
    """One entry of a code list."""

    class Meta:
        model = Code
        django_get_or_create = ("list", "code")

    labels = factory.LazyAttribute(lambda o: {"es": f"{o.code} (es)", "en": f"{o.code} (en)"})

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        made = super()._create(model_class, *args, **kwargs)
        codes.forget()  # an earlier test of this process may have read the list without it
        return made
