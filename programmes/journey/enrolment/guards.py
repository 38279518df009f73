"""What this room judges before a case moves: age, nationality and stay, and what the programme requires."""

from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common.errors import Missing
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import consequence, guard
from programmes.base.rulebook.catalogue import STAGES
from programmes.base.rulebook.codes import label
from programmes.base.rulebook.models import Requirement
from programmes.journey.enrolment import requirements, rules, stays, steps
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import ENROLMENT, Status
from programmes.journey.people.duplicates.journal import noting

S = Status
STARTING = (S.ELIGIBLE, S.ROSTERED, S.SELECTED, S.IN_DOCUMENTATION, S.READY_TO_TRAVEL)

sentences.register(
    {
        "registered": gettext_lazy("opened the case"),
        "assigned": gettext_lazy("assigned the case to {owner}"),
        "tagged": gettext_lazy("put on tags: {tags}"),
        "untagged": gettext_lazy("took off tags: {tags}"),
        "tell_worker": gettext_lazy("asked the owner to tell the worker"),
        "move_undone": gettext_lazy("put the case back to “{case_state}”"),
        "dates_set": gettext_lazy("set the planned stay: {start} – {end}"),
        "test_recorded": gettext_lazy("recorded a test: {requirement}"),
        "ticked": gettext_lazy("ticked: {requirement}"),
        "unticked": gettext_lazy("took back the tick: {requirement}"),
        "waived": gettext_lazy("marked as not needed: {requirement}"),
        "snoozed": gettext_lazy("put off until {until}: {step}"),
    }
)

# What a programme can ask for something before: the states on a case's way forward. Nobody can be made to bring
# something before a misfortune such as a refusal, and what is asked for before closure would keep cases open.
STAGES.update(
    {
        stage.value: stage.label
        for stage in (
            S.ELIGIBLE,
            S.ROSTERED,
            S.SELECTED,
            S.IN_DOCUMENTATION,
            S.READY_TO_TRAVEL,
            S.TRAVELLING,
            S.ACTIVE,
            S.RETURNED,
            S.RECALL_OFFERED,
            S.IN_REINTEGRATION,
        )
    }
)

sentences.quote("requirement", lambda pk: next((r.label for r in Requirement.objects.filter(pk=pk)), ""))
sentences.quote("step", steps.label)
sentences.quote("tags", lambda found: ", ".join(label("case_tag", code) for code in found))
sentences.quote("case_state", lambda status: str(Status(status).label))
for _fact in ("start", "end", "until"):
    sentences.quote(_fact, lambda day: date_format(date.fromisoformat(day)))


@guard("enrolment", *STARTING)
def old_enough(enrolment, *, to, on, by=None):
    """Under the minimum age at contract start, labour enrolment is impossible (domain.md 2.4)."""
    start = stays.start_of(enrolment)
    problem = rules.age_problem(enrolment.person.age_on(start), enrolment.programme.rules(start)["minimum_age"])
    if problem:
        yield Missing("age", problem, reverse("people:edit", args=[enrolment.person.public_id]))


@guard("enrolment", *STARTING)
def admitted_nationality(enrolment, *, to, on, by=None):
    """Some programmes admit only certain nationalities (domain.md 2.1: SAWP, PALM)."""
    admitted = enrolment.programme.rules(stays.start_of(enrolment))["nationalities"]
    problem = rules.nationality_problem(enrolment.person.nationality, admitted)
    if problem:
        yield Missing("nationality", problem, reverse("people:edit", args=[enrolment.person.public_id]))


@guard("enrolment", S.SELECTED, S.IN_DOCUMENTATION, S.READY_TO_TRAVEL, S.TRAVELLING)
def stay_within_rules(enrolment, *, to, on, by=None):
    """Longest and shortest stay, season limits, months within a window (domain.md 2.1, M05)."""
    if not enrolment.planned_start or not enrolment.planned_end:
        yield Missing("dates", _("Planned start and end"), reverse("enrolment:dates", args=[enrolment.public_id]))
        return
    for problem in stays.problems(enrolment, enrolment.planned_start, enrolment.planned_end):
        yield Missing("stay", problem, reverse("enrolment:dates", args=[enrolment.public_id]))


@guard("enrolment", *[s for s in S if s not in {S.WITHDRAWN, S.VOID_DUPLICATE, S.REOPENED}])
def programme_requirements(enrolment, *, to, on, by=None):
    """Everything the programme asks for before this stage, and before the stages the case has passed on the way.

    Ready to travel, and the departure itself, ask for all that was asked before: a consent withdrawn since, a passport
    expired since, a cancelled trip.
    """
    stages = {to}
    if to in {S.READY_TO_TRAVEL, S.TRAVELLING}:
        stages |= {S.ELIGIBLE, S.ROSTERED, S.SELECTED, S.IN_DOCUMENTATION, S.READY_TO_TRAVEL}
    for standing in requirements.standings(enrolment, stages=stages):
        if not standing.is_met:
            yield standing.as_missing()


@guard("enrolment", S.REGISTERED)
def may_be_screened_again(enrolment, *, to, on, by=None):
    """A person found ineligible is screened again only after the programme's waiting time (domain.md 2.3)."""
    if enrolment.status == S.INELIGIBLE:
        days = enrolment.programme.deadlines()["rescreening"]
        waited = (on - enrolment.status_since.date()).days
        if waited < days:
            yield Missing("rescreening", _("The waiting time of %(days)d days before screening again") % {"days": days})


def _counted(person):
    """The person's cases that leave no room for another in the same season, by season."""
    cases = person.enrolments.exclude(status__in=ENROLMENT.groups["beside"]).exclude(
        status=S.CLOSED, closure_reason="duplicate"
    )
    return {case.season_id: case for case in cases.select_related("season").order_by("pk")}


@guard("merge", "done")
def one_case_per_season(merge, *, to, on, by=None):
    """Two records of one person are joined only when that leaves one case per season: one of two is voided first."""
    mine, theirs = _counted(merge.survivor), _counted(merge.absorbed)
    for season in sorted(mine.keys() & theirs.keys()):
        one, other = mine[season], theirs[season]
        void = next((case for case in (other, one) if S.VOID_DUPLICATE in case.possible_moves()), None)
        place = reverse("casefile:move", args=[void.public_id, S.VOID_DUPLICATE]) if void else other.get_absolute_url()
        yield Missing(
            "one_case",
            _("%(season)s: one of the cases %(one)s and %(other)s must be void, withdrawn or closed as a duplicate")
            % {"season": one.season.code, "one": one.number, "other": other.number},
            place,
        )


@guard("merge", "done")
def one_stay_at_a_time(merge, *, to, on, by=None):
    """Nobody is selected or abroad in two cases at the same dates (domain.md 2.4)."""
    booked = ENROLMENT.groups["booked"]
    theirs = list(merge.absorbed.enrolments.filter(status__in=booked))
    for one in merge.survivor.enrolments.filter(status__in=booked).order_by("pk"):
        for other in theirs:
            if (
                one.season_id != other.season_id
                and one.planned_start <= other.planned_end
                and other.planned_start <= one.planned_end
            ):
                yield Missing(
                    "one_stay",
                    _("The stays of the cases %(one)s and %(other)s overlap")
                    % {"one": one.number, "other": other.number},
                    reverse("enrolment:dates", args=[other.public_id]),
                )


def _waiting_for_papers(*people):
    """Their open cases with a step for each thing that is still required."""
    asked_for = (S.ELIGIBLE, S.IN_DOCUMENTATION)
    cases = Enrolment.objects.filter(person__in=people, status__in=asked_for)
    return list(cases.select_related("person", "programme", "season").order_by("pk"))


@consequence("merge", "done")
def one_person_brings_once(merge, *, event, by):
    """What either record has brought (consent, papers, exams) counts for the cases of both: their steps are renewed.

    The steps and days that change are noted in the journal of the merge, so that undoing it brings them back.
    """
    cases = _waiting_for_papers(merge.survivor)
    keys = [[case.pk for case in cases]]
    with (
        noting(merge.rows, Enrolment, "t.id = ANY(%s)", keys),
        noting(merge.rows, Step, "t.enrolment_id = ANY(%s)", keys),
    ):
        for case in cases:
            steps.renew_requirements(case, by=by)


@consequence("merge", "undone")
def each_brings_again(merge, *, event, by):
    """Where somebody worked on between merge and undoing, the steps that came back may be old: they are renewed."""
    if merge.left:
        for case in _waiting_for_papers(merge.survivor, merge.absorbed):
            steps.renew_requirements(case, by=by)
