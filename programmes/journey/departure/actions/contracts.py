"""The employment contract: drafted from the demand's terms, explained, signed by both."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.common.wording import money, number
from programmes.base.lifecycle.models import record
from programmes.journey.departure import papers, rules
from programmes.journey.departure.actions.ground import locked, open_case, refuse_before, refuse_future
from programmes.journey.departure.models import Contract
from programmes.journey.departure.states import ContractStatus
from programmes.journey.enrolment import steps

C = ContractStatus


def proposed_terms(enrolment) -> dict:
    """The terms a new version starts from: the last version for the same position, else those of the demand."""
    read = papers.of(enrolment)
    if read.selection is None:
        return {}
    demand = read.selection.position.demand
    last = read.live_contracts[0] if read.live_contracts else None
    return {
        "starts_on": last.starts_on if last else enrolment.planned_start or demand.starts_on,
        "ends_on": last.ends_on if last else enrolment.planned_end or demand.ends_on,
        "wage": last.wage if last else demand.wage,
        "hours_per_week": last.hours_per_week if last else demand.hours_per_week,
    }


@transaction.atomic
def draft_contract(
    enrolment,
    *,
    by,
    starts_on: date | None = None,
    ends_on: date | None = None,
    wage: Decimal | None = None,
    hours_per_week: Decimal | None = None,
) -> Contract:
    """Draft the next version of the contract for the position the case holds.

    Terms not given are those of the last version, else of the demand, with the stay of the case. Checks: the
    programme's lowest wage; no later version worse than an earlier one for the same position, which also fixes the
    employer (domain.md 2.4, contract substitution). Effects: a draft, a diary line.
    """
    enrolment = open_case(enrolment)
    selection = papers.of(enrolment).selection
    if selection is None:
        raise RuleBroken(
            _("Select the worker for a position first: the contract takes its terms."), code="no_selection"
        )
    demand = selection.position.demand
    given = {"starts_on": starts_on, "ends_on": ends_on, "wage": wage, "hours_per_week": hours_per_week}
    terms = {
        **proposed_terms(enrolment),
        **{name: value for name, value in given.items() if value is not None},
        "wage_currency": demand.wage_currency,
        "wage_unit": demand.wage_unit,
    }
    _check_terms(enrolment, demand, terms)
    earlier = list(Contract.objects.filter(enrolment=enrolment))
    _refuse_worse(terms, [contract for contract in earlier if contract.selection_id == selection.pk])
    contract = Contract.objects.create(
        enrolment=enrolment,
        selection=selection,
        contract_version=1 + max((c.contract_version for c in earlier), default=0),
        created_by=by,
        **terms,
    )
    record(contract, by=by, what="contract_drafted", number=contract.contract_version)
    steps.renew_requirements(enrolment, by=by)
    return contract


def _check_terms(enrolment, demand, terms):
    if terms["ends_on"] < terms["starts_on"]:
        raise RuleBroken(_("The contract would end before it starts."), field="ends_on")
    if terms["wage"] < demand.wage:
        raise RuleBroken(_("The wage lies below the one the employer asked workers for."), field="wage")
    if terms["hours_per_week"] < demand.hours_per_week:
        raise RuleBroken(_("The hours lie below those the employer asked workers for."), field="hours_per_week")
    minimum = enrolment.programme.rules()["minimum_wage"]
    if rules.below_minimum(terms["wage"], terms["wage_currency"], terms["wage_unit"], terms["hours_per_week"], minimum):
        raise RuleBroken(
            _("The wage lies below the programme's minimum of %(minimum)s per hour.") % {"minimum": minimum},
            field="wage",
        )


def _refuse_worse(terms, earlier):
    for contract in earlier:
        facts = {"n": contract.contract_version, "wage": money(contract.wage, contract.wage_currency)}
        if terms["wage"] < contract.wage:
            message = _("A later version may not lower the wage: version %(n)d says %(wage)s.") % facts
            raise RuleBroken(message, field="wage")
        if terms["hours_per_week"] < contract.hours_per_week:
            facts["hours"] = number(contract.hours_per_week)
            message = _("A later version may not lower the hours: version %(n)d says %(hours)s a week.") % facts
            raise RuleBroken(message, field="hours_per_week")


def _begun(contract, version, on, field):
    enrolment = open_case(contract.enrolment)
    contract = locked(contract, version)
    refuse_future(on, field)
    if contract.selection.released_on:
        raise RuleBroken(_("The position of this contract was given back. Draft a new contract."), code="released")
    return enrolment, contract


@transaction.atomic
def explain_contract(contract, *, by, version: int, language: str, on: date) -> Contract:
    """Note that the contract was explained to the worker, in which language. Its terms stay as they are from now on."""
    enrolment, contract = _begun(contract, version, on, "on")
    if not language:
        raise RuleBroken(_("Choose the language the contract was explained in."), field="language")
    contract.move_to(
        C.EXPLAINED,
        by=by,
        on=on,
        what="contract_explained",
        language=language,
        explained_on=on,
        facts={"number": contract.contract_version, "language": language},
    )
    steps.renew_requirements(enrolment, by=by)
    return contract


@transaction.atomic
def sign_contract_worker(contract, *, by, version: int, on: date) -> Contract:
    """Record the worker's signature, given after the contract was explained."""
    enrolment, contract = _begun(contract, version, on, "on")
    refuse_before(on, contract.explained_on, "on", _("The worker signs after the contract was explained."))
    contract.move_to(
        C.SIGNED_WORKER,
        by=by,
        on=on,
        what="contract_signed_worker",
        worker_signed_on=on,
        facts={"number": contract.contract_version},
    )
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
