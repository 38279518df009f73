"""What a programme can set: the rule values, deadlines and kinds of requirement the code knows how to judge.

The values themselves are rows that administrators edit; this is the closed list of questions they answer. Each
entry says its unit and where the default comes from.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Shape(StrEnum):
    """What the value of a rule looks like."""

    NUMBER = "number"
    PERCENT = "percent"
    YES_NO = "yes_no"
    MONTH_DAY = "month_day"
    COUNTRIES = "countries"
    MONEY = "money"


@dataclass(frozen=True)
class Entry:
    """One thing a programme can set: how it is called, its unit, and its value when the programme says nothing."""

    label: str | Promise
    unit: str | Promise
    default: Any = None
    help: str | Promise = ""
    shape: Shape = Shape.NUMBER


# domain.md 2.1 (programme rule sets), 2.4 (invariants) and M05; None means that the programme sets no such rule. Which
# function judges by each stands in docs/rules.md.
RULES: dict[str, Entry] = {
    # Who may take part
    "minimum_age": Entry(_("Minimum age at contract start"), _("years"), 18),
    "nationalities": Entry(
        _("Nationalities admitted (ISO 3166-1 alpha-3)"), _("country codes"), None, shape=Shape.COUNTRIES
    ),
    # How long and when
    "max_stay_months": Entry(_("Longest stay"), _("months"), None),
    "stay_window_months": Entry(
        _("… within any period of"), _("months"), None, _("New Zealand's RSE allows 7 months in any 11.")
    ),
    "min_stay_months": Entry(_("Shortest stay"), _("months"), None),
    "season_opens": Entry(_("Stay not before (month and day)"), _("day and month"), None, shape=Shape.MONTH_DAY),
    "season_closes": Entry(_("Stay not after (month and day)"), _("day and month"), None, shape=Shape.MONTH_DAY),
    "authorisation_year_months": Entry(
        _("Longest stay in each year of authorisation"),
        _("months"),
        None,
        _("The first year begins with the first stay. Spain allows 9 months in each."),
    ),
    "authorisation_years": Entry(
        _("A worker's authorisation holds for"), _("years"), None, _("Empty: for one year. In Spain for 4.")
    ),
    # What an employer's demand must offer
    "minimum_batch": Entry(_("Fewest similar positions in one demand"), _("positions"), 1),
    "minimum_wage": Entry(_("Lowest hourly wage"), _("currency and amount"), None, shape=Shape.MONEY),
    "housing_inspection_months": Entry(
        _("Housing was inspected at most … before the application"), _("months"), None, _("Canada asks for 8 months.")
    ),
    # Guaranteed work
    "hours_guarantee": Entry(
        _("Guaranteed hours per week"), _("hours"), None, _("On average over the contract, as in New Zealand's RSE.")
    ),
    "guarantee_block_hours": Entry(
        _("Guaranteed hours in each block of weeks"), _("hours"), None, _("Australia's PALM: 120 in every 4 weeks.")
    ),
    "guarantee_block_weeks": Entry(_("… a block has"), _("weeks"), None),
    "guarantee_contract_hours": Entry(
        _("Guaranteed hours in the first weeks"),
        _("hours"),
        None,
        _("Canada's SAWP: 240 in at most 6 weeks. Not asked of a transfer."),
    ),
    "guarantee_contract_weeks": Entry(_("… these weeks are at most"), _("weeks"), None),
    "guarantee_percent": Entry(
        _("Guaranteed part of the hours of the contract"),
        _("percent"),
        None,
        _("The three-fourths guarantee of H-2A is 75."),
        Shape.PERCENT,
    ),
    "sick_leave_start_days": Entry(_("Sick leave from the first day"), _("days"), None),
    "sick_leave_month_days": Entry(_("… more for each full month"), _("days"), None),
    "sick_leave_most_days": Entry(_("… at most"), _("days"), None),
    # Who pays
    "fees_prohibited": Entry(
        _("Fees to the worker are prohibited"),
        _("yes or no"),
        True,
        _("Direct or indirect, also by others."),
        Shape.YES_NO,
    ),
    "travel_worker_percent": Entry(
        _("Part of the travel cost the worker may bear"),
        _("percent"),
        None,
        _("0: the employer pays all."),
        Shape.PERCENT,
    ),
    "travel_refund_percent": Entry(
        _("The journey there is refunded after this part of the contract"), _("percent"), None, shape=Shape.PERCENT
    ),
    # Papers and duties
    "document_margin_months": Entry(_("Documents must outlive the planned end by"), _("months"), 6),
    "consent_months": Entry(_("Consent is valid for"), _("months"), 24),
    "return_commitment": Entry(_("Return commitment must be signed"), _("yes or no"), False, shape=Shape.YES_NO),
    "document_second_person": Entry(
        _("Whoever records a document may not verify it"), _("yes or no"), False, shape=Shape.YES_NO
    ),
    "orientation_hours": Entry(
        _("Hours of orientation before departure"), _("hours"), None, _("In one session or several together.")
    ),
    "orientation_pass_percent": Entry(
        _("The test after the orientation is passed with"),
        _("percent"),
        None,
        _("Of the highest score. Empty: whoever was present has attended."),
        Shape.PERCENT,
    ),
    "welfare_contact_days": Entry(_("Somebody meets each worker at least every"), _("days"), None, _("In person.")),
    "early_leave_notice_days": Entry(_("Tell the authorities that a worker left within"), _("working days"), None),
    "records_years": Entry(_("The employer keeps records for"), _("years"), None, _("After the end of the work.")),
    # What the ranking of candidates counts (journey/selection/rules.py); 0 leaves it out.
    "rank_named": Entry(_("Ranking: asked for by name"), _("points"), 100, _("Named workers come first.")),
    "rank_seasons": Entry(
        _("Ranking: each earlier season with the employer"), _("points"), 20, _("Three seasons at most.")
    ),
    "rank_ready": Entry(
        _("Ranking: each of tests, papers and medical exam in order"),
        _("points"),
        15,
        _("Papers and exam count when they hold as long as the work needs."),
    ),
    "rank_occupation": Entry(_("Ranking: same occupation"), _("points"), 20, _("Half of it for a related one.")),
    "rank_experience": Entry(_("Ranking: each year of experience"), _("points"), 2, _("Ten years at most.")),
    "rank_language": Entry(_("Ranking: speaks the language of the work"), _("points"), 15),
    "rank_near": Entry(_("Ranking: lives in the department of the interview"), _("points"), 5),
    "rank_women": Entry(
        _("Ranking: woman, while there are fewer than aimed at"), _("points"), 15, _("Needs the share below.")
    ),
    "women_share": Entry(_("Share of women aimed at in each demand"), _("percent"), None, shape=Shape.PERCENT),
    "rank_first_time": Entry(_("Ranking: first season abroad"), _("points"), 5),
}

# domain.md 2.5 (reminder and deadline catalogue). Days count from the anchor named in the help text.
DEADLINES: dict[str, Entry] = {
    "screening": Entry(_("Screen the candidate"), _("days"), 7, _("after registration")),
    "waitlist_review": Entry(_("Review the waiting list"), _("days"), 30, _("after being put on it")),
    "rescreening": Entry(_("Screen again"), _("days"), 180, _("after being found ineligible")),
    "testing": Entry(_("Test the candidate"), _("days"), 14, _("after being found eligible")),
    "roster_expiry": Entry(_("Renew the roster entry"), _("days"), 730, _("after entering the roster")),
    "suspension_review": Entry(_("Review the suspension"), _("days"), 14, _("after the suspension")),
    "boarding_warning": Entry(
        _("Warn that the boarding comes near its limit"), _("days"), 10, _("after the employer's request")
    ),
    "boarding": Entry(_("Last day on which a boarding is on time"), _("days"), 15, _("after the employer's request")),
    "offer": Entry(_("Record the worker's answer to the offer"), _("days"), 3, _("after selection")),
    "documents": Entry(_("Complete what is required to travel"), _("days"), 7, _("before the planned start")),
    "departure": Entry(_("Record the departure"), _("days"), 0, _("after the planned start")),
    "refusal": Entry(_("Decide what follows"), _("days"), 14, _("after a refusal or an unfit result")),
    "arrival": Entry(_("Confirm the arrival"), _("days"), 1, _("after departure")),
    "first_call": Entry(_("First wellbeing call"), _("days"), 5, _("after arrival")),
    "check_in": Entry(_("Check-in"), _("days"), 14, _("after the last one")),
    "contract_ending": Entry(_("Prepare the end of season"), _("days"), 14, _("before the planned end")),
    "return": Entry(_("Confirm the return"), _("days"), 3, _("after the planned return")),
    "return_overdue": Entry(_("Return counts as overdue"), _("days"), 7, _("after the planned return")),
    "whereabouts": Entry(_("Look for the worker"), _("days"), 2, _("after the worker left or was lost")),
    "after_return": Entry(_("Decide on recall, reintegration or closure"), _("days"), 14, _("after the return")),
    "recall": Entry(_("Record the answer to the recall"), _("days"), 14, _("after the recall offer")),
    "plan": Entry(_("Agree the reintegration plan"), _("days"), 30, _("after the return")),
    "closure": Entry(_("Close the case"), _("days"), 14, _("after the last step")),
}


class RequirementKind(models.TextChoices):
    """What a requirement asks for; each kind is judged by the room that holds the facts."""

    CONSENT = "consent", _("consent")
    TEST = "test", _("test passed")
    CHECK = "check", _("checked by hand")
    DOCUMENT = "document", _("document, verified and valid")
    MEDICAL = "medical", _("medical clearance")
    PERMIT = "permit", _("visa or permit approved")
    CONTRACT = "contract", _("contract signed by both")
    ORIENTATION = "orientation", _("pre-departure orientation attended")
    TICKET = "ticket", _("ticket booked")


# The code list that says what a requirement of this kind may ask for; other kinds take a short name of their own.
LISTS_OF_KINDS = {
    RequirementKind.CONSENT: "consent_purpose",
    RequirementKind.DOCUMENT: "document",
    RequirementKind.PERMIT: "document",
}

# The states of a case that a requirement can stand before, with their labels: the room that has the cases fills this
# at start-up, because the rulebook knows none.
STAGES: dict[str, str | Promise] = {}


class WaitsFor(models.TextChoices):
    """Who has to act next."""

    US = "us", _("us")
    WORKER = "worker", _("the worker")
    EMPLOYER = "employer", _("the employer")
    CONSULATE = "consulate", _("the consulate")
    CLINIC = "clinic", _("the clinic")
