"""Whether the worker of a case may be written to by e-mail, and where (domain.md 5, principles 2 and 4).

Consent is given purpose by purpose: about a case one may write to whoever agreed to its management, after the return
only to whoever agreed to be contacted then. It is asked when a message is prepared, when it is put into the outbox and
again when it is sent, because it can be withdrawn at any moment.
"""

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When
from django.utils import timezone

from programmes.base.notifications import sources
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import ENROLMENT, Status
from programmes.journey.people.models import Consent, Person

ABOUT_THE_CASE, AFTER_THE_RETURN = "case_management", "follow_up"
RETURNED = (Status.RETURNED, Status.RECALL_OFFERED, Status.IN_REINTEGRATION)


def why_not(on: date) -> list[tuple[Q, str]]:
    """Conditions on cases under which their worker is not written to, each with its code; the first one counts."""
    agreed = Consent.objects.in_force(on).filter(person=OuterRef("person"))
    about, after = (Exists(agreed.filter(purposes__contains=[one])) for one in (ABOUT_THE_CASE, AFTER_THE_RETURN))
    home = Q(status__in=RETURNED)
    return [
        (Q(status__in=sorted(ENROLMENT.groups["over"])), "case_over"),
        (Q(status=Status.DECEASED), "case_deceased"),
        (Q(person__email=""), "case_no_email"),
        ((home & ~Q(after)) | (~home & ~Q(about)), "case_no_consent"),
    ]


def refused(pks: Iterable[int], on: date) -> dict[int, str]:
    """Of these cases those whose worker is not written to on that day, with the code of the reason."""
    whens = [When(condition, then=Value(code)) for condition, code in why_not(on)]
    reason = Case(*whens, default=Value(""), output_field=CharField())
    judged = Enrolment.objects.filter(pk__in=list(pks)).annotate(reason=reason)
    return {pk: code for pk, code in judged.values_list("pk", "reason") if code}


def address_of(enrolment_pk: int) -> str:
    """Where the worker of a case is written to; empty when that is not possible or not allowed today."""
    if refused([enrolment_pk], timezone.localdate()):
        return ""
    return Enrolment.objects.filter(pk=enrolment_pk).values_list("person__email", flat=True).first() or ""


def language_of(person: Person) -> str:
    """The language somebody is written to in: the mother tongue or another one they speak, as far as we write it."""
    known = [code for code, _name in settings.LANGUAGES]
    spoken = [person.mother_tongue, *person.languages]
    return next((code for code in spoken if code in known), settings.LANGUAGE_CODE)


sources.register_workers(address_of)
