"""After the return: the reintegration with its plan, and the follow-ups."""

from datetime import date, timedelta
from decimal import Decimal

from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.reintegration.models import FollowUp, PlanLine, Reintegration
from programmes.journey.reintegration.rules import follow_up_days
from programmes.journey.reintegration.states import FollowUpStatus, Status
from programmes.management.seeding.cases import Case

S, R, F = CaseStatus, Status, FollowUpStatus
GOALS = (
    "Quiere sembrar arveja y brócoli en terreno propio.",
    "Quiere abrir una tienda en la comunidad.",
    "Quiere terminar de construir su casa y criar gallinas.",
    "Quiere comprar una motocicleta para vender verdura.",
    "Quiere que sus hijas sigan estudiando.",
    "Quiere trabajar como mecánico; necesita un curso.",
)
LINES = (
    ("economic", "micro_business", "Semilla, abono y manguera", 3500),
    ("economic", "vocational_training", "Curso de mecánica", 1800),
    ("economic", "job_placement", "Contacto con la bolsa de empleo municipal", None),
    ("social", "housing_support", "Lámina y block", 2600),
    ("social", "educational_support", "Útiles y cuota escolar", 900),
    ("psychosocial", "psychosocial_individual", "Tres sesiones en la familia", None),
    ("immediate", "onward_transport", "Bus a la comunidad", 150),
)
CURRENCIES = {"GTM": "GTQ", "COL": "COP"}
# Days after the opening on which each state is reached, if the case lasts that long.
PACE = (
    (R.ASSESSED, 6),
    (R.PLAN_DRAFTED, 14),
    (R.PLAN_AGREED, 24),
    (R.IN_IMPLEMENTATION, 40),
    (R.COMPLETED, 130),
    (R.IN_MONITORING, 150),
)
SAID = {
    R.ASSESSED: "assessed",
    R.PLAN_DRAFTED: "plan_drafted",
    R.PLAN_AGREED: "plan_agreed",
    R.IN_IMPLEMENTATION: "plan_started",
    R.COMPLETED: "plan_completed",
    R.IN_MONITORING: "monitoring_started",
}


def write_reintegration(case: Case) -> None:
    """The reintegration of a case that was ever in it, as far as it has come."""
    course, rng = case.course, case.rng
    opened = course.entered(S.IN_REINTEGRATION)
    returned = course.entered(S.RETURNED)
    if opened is None or returned is None:
        return
    until = course.entered(S.CLOSED) or case.today
    delay = rng.choice((0, 0, 0, 6, 18))
    reached = {state: opened + timedelta(days=days + delay) for state, days in PACE}
    reached = {state: day for state, day in reached.items() if day <= until}
    state = R.CLOSED if course.status == S.CLOSED else list(reached)[-1] if reached else R.OPENED
    planned = R.PLAN_DRAFTED in reached
    row = case.rows.add(
        Reintegration,
        enrolment_id=course.pk,
        opened_on=opened,
        assessed_on=reached.get(R.ASSESSED),
        agreed_on=reached.get(R.PLAN_AGREED),
        goals=rng.choice(GOALS) if planned else "",
        status=state,
        economic="Emprendimiento agrícola familiar." if planned else "",
        social="Vivienda y educación." if planned else "",
        created_at=case.clock.moment(opened),
        created_by_id=case.owner.pk,
    )
    if not course.is_history:
        for step, day in reached.items():
            case.deed(SAID[step], day, subject="reintegration", subject_id=row)
    if planned:
        _plan(case, row, reached)
    if course.status == S.IN_REINTEGRATION and R.PLAN_AGREED in reached:
        case.open_steps = [step for step in case.open_steps if step["kind"] != "plan"]
    _follow_ups(case, returned, until)


def _plan(case: Case, row: int, reached: dict[str, date]) -> None:
    rng = case.rng
    delivered = reached.get(R.COMPLETED)
    drafted = reached[R.PLAN_DRAFTED]
    for dimension, assistance, description, cost in rng.sample(LINES, rng.randint(2, 4)):
        started = reached.get(R.IN_IMPLEMENTATION)
        done = delivered or (started if started and rng.random() < 0.4 else None)
        case.rows.add(
            PlanLine,
            reintegration_id=row,
            enrolment_id=case.course.pk,
            dimension=dimension,
            assistance=assistance,
            description=description,
            referral_needed=cost is None,
            cost=Decimal(cost) if cost else None,
            currency=CURRENCIES[case.worker.office.country] if cost else "",
            done_on=done,
            created_at=case.clock.moment(drafted),
            created_by_id=case.owner.pk,
        )


def _follow_ups(case: Case, returned: date, until: date) -> None:
    """Interviews 3, 6 and 12 months after the return: answered, due, or still to come."""
    course, rng = case.course, case.rng
    waiting: date | None = None
    opened = course.entered(S.IN_REINTEGRATION)
    for months, due_on in follow_up_days(returned):
        state, done_on = F.SCHEDULED, None
        on_time = due_on + timedelta(days=rng.randint(0, 12))
        if on_time <= until and waiting is None:
            state = rng.choices((F.DONE, F.UNREACHABLE, F.MISSED, F.REFUSED), (85, 8, 5, 2))[0]
            done_on = max(on_time, opened)
        elif due_on <= until:
            state = F.DUE
        answered = state == F.DONE
        case.rows.add(
            FollowUp,
            enrolment_id=course.pk,
            months=months,
            due_on=due_on,
            done_on=done_on,
            status=state,
            in_work=rng.random() < 0.72 if answered else None,
            able_to_stay=rng.random() < 0.66 if answered else None,
            summary=rng.choice(GOALS) if answered else "",
            created_at=case.clock.moment(opened),
            created_by_id=case.owner.pk,
        )
        if done_on is None and waiting is None:
            waiting = due_on
    if waiting and course.status == S.IN_REINTEGRATION:
        case.open_step("follow_up", waiting, opened=opened)
