"""The employment contract: drafted from the demand's terms, explained, signed by both."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.common.wording import and_list, money
from programmes.base.lifecycle.models import record
from programmes.journey.departure import papers, rules, terms
from programmes.journey.departure.actions.ground import locked, open_case, refuse_before, refuse_future
from programmes.journey.departure.models import TERMS, Contract
from programmes.journey.departure.states import ContractStatus
from programmes.journey.enrolment import steps

C = ContractStatus
# Codes of the list "transport": who pays the way to work each day, and who the journey home.
DAILY_TRANSPORT = frozenset({"employer_pays_all", "daily_only"})
JOURNEY_HOME = frozenset({"employer_pays_all", "employer_pays_journey"})


def proposed_terms(enrolment) -> dict:
    """The terms a new version starts from: the last version for the same position, else those of the demand."""
    read = papers.of(enrolment)
    if read.selection is None:
        return {}
    demand = read.selection.position.demand
    last = read.live_contracts[0] if read.live_contracts else None
    if last:
        return {name: getattr(last, name) for name in ("starts_on", "ends_on", "other_terms", *TERMS)}
    return {
        **{column: weekly for column, weekly in _offered(demand).items() if weekly},
        "gives_housing": demand.housing.startswith("employer"),
        "gives_transport": demand.transport in DAILY_TRANSPORT,
        "gives_return": demand.transport in JOURNEY_HOME,
        "starts_on": enrolment.planned_start or demand.starts_on,
        "ends_on": enrolment.planned_end or demand.ends_on,
        "wage": demand.wage,
        "wage_currency": demand.wage_currency,
        "wage_unit": demand.wage_unit,
        "hours_per_week": demand.hours_per_week,
    }


@transaction.atomic
def draft_contract(enrolment, *, by, **given) -> Contract:
    """Draft the next version of the contract for the position the case holds.

    `given` are columns of the terms (models.TERMS), `starts_on`, `ends_on` and `other_terms`; what is not given is as
    in the last version, else as in the demand, with the stay of the case. Checks: the programme's lowest wage; never
    worse than what the employer asked workers for; no later version worse than an earlier one (domain.md 2.4, contract
    substitution). Effects: a draft, a diary line.
    """
    enrolment = open_case(enrolment)
    selection = papers.of(enrolment).selection
    if selection is None:
        raise RuleBroken(
            _("Select the worker for a position first: the contract takes its terms."), code="no_selection"
        )
    contract = Contract(
        enrolment=enrolment, selection=selection, created_by=by, **{**proposed_terms(enrolment), **given}
    )
    earlier = list(Contract.objects.filter(enrolment=enrolment).select_related("selection__position__demand__employer"))
    contract.contract_version = 1 + max((c.contract_version for c in earlier), default=0)
    if contract.ends_on < contract.starts_on:
        raise RuleBroken(_("The contract would end before it starts."), field="ends_on")
    if contract.longest_week is not None and contract.longest_week < contract.hours_per_week:
        raise RuleBroken(_("The longest week has at least the hours per week."), field="longest_week")
    for version in earlier:
        if version.selection_id == selection.pk or _binds_abroad(version, enrolment):
            _refuse_worse(version, contract)
    _check_offer(enrolment, contract)
    contract.save()
    record(contract, by=by, what="contract_drafted", number=contract.contract_version)
    steps.renew_requirements(enrolment, by=by)
    return contract


def _binds_abroad(version, enrolment) -> bool:
    """Whether the worker left home on the word of this version: then another position does not undo it.

    Before departure a position that is given back takes its contract along, and the worker is free to say no.
    """
    signed = version.worker_signed_on
    return (
        enrolment.departed_on is not None
        and signed is not None
        and signed <= enrolment.departed_on
        and version.status not in {C.COMPLETED, C.TERMINATED}
    )


def _offered(demand) -> dict:
    lines = demand.deductions.values_list("what", "amount", "how_often")
    return rules.weekly_deductions(lines)


def _check_offer(enrolment, contract):
    offered = contract.selection.position.demand
    before = rules.Terms(
        offered.employer_id, offered.wage, offered.wage_currency, offered.wage_unit, offered.hours_per_week
    )
    after = rules.Terms.of(contract)
    if rules.turn_of("wage", before, after) < 0:
        raise RuleBroken(_("The wage lies below the one the employer asked workers for."), field="wage")
    if after.hours_per_week < before.hours_per_week:
        raise RuleBroken(_("The hours lie below those the employer asked workers for."), field="hours_per_week")
    for column, weekly in _offered(offered).items():
        if weekly is not None and getattr(contract, column) > weekly:
            message = _("More would be taken off the wage than the employer said: %(offered)s a week.")
            raise RuleBroken(message % {"offered": money(weekly, contract.wage_currency)}, field=column)
    minimum = enrolment.programme.rules(contract.starts_on)["minimum_wage"]
    if rules.below_minimum(after.wage, after.wage_currency, after.wage_unit, after.hours_per_week, minimum):
        raise RuleBroken(
            _("The wage lies below the programme's minimum of %(minimum)s per hour.") % {"minimum": minimum},
            field="wage",
        )


def _refuse_worse(version, contract):
    worse = rules.substitutions(rules.Terms.of(version), rules.Terms.of(contract))
    if worse:
        facts = {"n": version.contract_version, "terms": and_list(terms.name_of(term) for term in worse)}
        message = _("This would be a contract substitution. Worse than in version %(n)d: %(terms)s.") % facts
        raise RuleBroken(message, field=worse[0] if worse[0] != "employer" else None, code="substitution")


def _begun(contract, version, on, field):
    enrolment = open_case(contract.enrolment)
    contract = locked(contract, version)
    refuse_future(on, field)
    if contract.selection.released_on:
        raise RuleBroken(_("The position of this contract was given back. Draft a new contract."), code="released")
    return enrolment, contract


@transaction.atomic
def explain_contract(
    contract, *, by, version: int, language: str, on: date, explained_by: str = "", given_on: date | None = None
) -> Contract:
    """Note that the contract was explained to the worker, in which language and by whom, and when it was handed over.

    Its terms stay as they are from now on. One handed over after departure is recorded as what it is, a breach
    (`rules.is_late`): the diary says so.
    """
    enrolment, contract = _begun(contract, version, on, "on")
    refuse_future(given_on, "given_on")
    if not language:
        raise RuleBroken(_("Choose the language the contract was explained in."), field="language")
    contract.move_to(
        C.EXPLAINED,
        by=by,
        on=on,
        what="contract_explained",
        language=language,
        explained_on=on,
        explained_by=explained_by,
        given_on=given_on,
        facts={"number": contract.contract_version, "language": language},
    )
    _tell_when_late(enrolment, contract, by=by, on=on)
    steps.renew_requirements(enrolment, by=by)
    return contract


def _tell_when_late(enrolment, contract, *, by, on):
    if papers.is_late(enrolment, contract):
        record(contract, by=by, what="contract_late", on=on, number=contract.contract_version)


@transaction.atomic
def sign_contract_worker(contract, *, by, version: int, on: date) -> Contract:
    """Record the worker's signature, given after the contract was explained."""
    enrolment, contract = _begun(contract, version, on, "on")
    refuse_before(on, contract.explained_on, "on", _("The worker signs after the contract was explained."))
    refuse_before(on, contract.given_on, "on", _("The worker signs after the contract was handed over."))
    contract.move_to(
        C.SIGNED_WORKER,
        by=by,
        on=on,
        what="contract_signed_worker",
        worker_signed_on=on,
        facts={"number": contract.contract_version},
    )
    _tell_when_late(enrolment, contract, by=by, on=on)
    steps.renew_requirements(enrolment, by=by)
    return contract


@transaction.atomic
def sign_contract_employer(contract, *, by, version: int, on: date) -> Contract:
    """Record the employer's signature, on or before the first working day (domain.md 2.2, stage 8).

    Effects: the contract is signed by both; an earlier version in force is superseded.
    """
    enrolment, contract = _begun(contract, version, on, "on")
    refuse_before(on, contract.explained_on, "on", _("The employer signs after the contract was explained."))
    if on > contract.starts_on:
        raise RuleBroken(_("Both sign on or before the first working day."), field="on")
    contract.move_to(
        C.SIGNED_ALL,
        by=by,
        on=on,
        what="contract_signed_all",
        employer_signed_on=on,
        facts={"number": contract.contract_version},
    )
    for old in Contract.objects.locked().filter(enrolment=enrolment, status=C.IN_FORCE).exclude(pk=contract.pk):
        old.move_to(
            C.SUPERSEDED,
            by=by,
            on=on,
            reason=f"v{contract.contract_version}",
            what="contract_superseded",
            facts={"number": old.contract_version},
        )
    steps.renew_requirements(enrolment, by=by)
    return contract


def put_in_force(enrolment, *, event, by) -> None:
    """When the placement begins, the signed contract of the position comes into force."""
    signed = Contract.objects.locked().filter(
        enrolment=enrolment, status=C.SIGNED_ALL, selection__released_on__isnull=True
    )
    newest = signed.order_by("-contract_version").first()
    if newest is not None:
        newest.move_to(
            C.IN_FORCE, by=by, on=event.on, what="contract_in_force", facts={"number": newest.contract_version}
        )


def complete(enrolment, *, event, by) -> None:
    """When the season ends as planned, so does the contract."""
    for contract in Contract.objects.locked().filter(enrolment=enrolment, status=C.IN_FORCE):
        contract.move_to(
            C.COMPLETED, by=by, on=event.on, what="contract_completed", facts={"number": contract.contract_version}
        )


def terminate(enrolment, *, event, by) -> None:
    """When the work ends in any other way, the contract ends with the reason of that move."""
    for contract in Contract.objects.locked().filter(enrolment=enrolment, status=C.IN_FORCE):
        contract.move_to(
            C.TERMINATED,
            by=by,
            on=event.on,
            reason=event.reason or event.to_status,
            what="contract_terminated",
            facts={"number": contract.contract_version},
        )
