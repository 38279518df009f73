"""The hall of models: every room's tables, gathered under one app label.

A model missing here makes `makemigrations` write a DeleteModel; a test compares this hall with the rooms.
"""

from programmes.base.audit.models import AccessLine, Seal, SealedTable
from programmes.base.batches.models import Batch, BatchRow
from programmes.base.common.drafts import Draft
from programmes.base.common.models import Submission
from programmes.base.files.models import StoredFile
from programmes.base.lifecycle.models import CaseEvent
from programmes.base.lists.models import Export, ListPreference, SavedView
from programmes.base.notifications.models import *  # noqa: F403 -- the room names what it exports in __all__
from programmes.base.papers.models import IssuedLetter, LetterTemplate, TemplateEdition
from programmes.base.rulebook.models import Code, Deadline, Programme, Requirement, RuleValue, Season
from programmes.desk.reports.models import ReportRun, ReportSchedule
from programmes.journey.demand.models import Authorisation, Deduction, JobDemand, Position
from programmes.journey.departure.models import Contract, Document, Medical, Orientation, Permit, Trip
from programmes.journey.departure.readiness.models import Readiness, ReadinessDue
from programmes.journey.departure.scans import Scan
from programmes.journey.departure.training.models import TrainingSeat, TrainingSession
from programmes.journey.departure.travel.models import FlightGroup, FlightLeg
from programmes.journey.employers.models import Employer, Site
from programmes.journey.employers.registry import (
    Association,
    AssociationMember,
    ComplianceEvent,
    Contact,
    Engagement,
    Inspection,
    Licence,
    Recruiter,
    RecruiterAnswer,
    SitePartner,
)
from programmes.journey.enrolment.models import CaseNumber, Enrolment, Step, TestResult, Tick
from programmes.journey.people.duplicates.models import DuplicateHint, DuplicatePair, DuplicateSearch, Merge
from programmes.journey.people.identity import HouseholdMember, Identity, PersonAddress, PersonPhone, Photo
from programmes.journey.people.models import Consent, NameToken, Person
from programmes.journey.placement.models import CheckIn, Placement, PlacementAnswer
from programmes.journey.reintegration.models import FollowUp, PlanLine, Reintegration
from programmes.journey.returns.models import Return
from programmes.journey.selection.models import Candidacy, InterviewDay, InterviewPlace, Proposal, Selection

__all__ = [
    "AccessLine",
    "Association",
    "AssociationMember",
    "Authorisation",
    "Batch",
    "BatchRow",
    "Candidacy",
    "CaseEvent",
    "CaseNumber",
    "CheckIn",
    "Code",
    "ComplianceEvent",
    "Consent",
    "Contact",
    "Contract",
    "Deadline",
    "Deduction",
    "Document",
    "Draft",
    "DuplicateHint",
    "DuplicatePair",
    "DuplicateSearch",
    "Employer",
    "Engagement",
    "Enrolment",
    "Export",
    "FlightGroup",
    "FlightLeg",
    "FollowUp",
    "HouseholdMember",
    "Identity",
    "Inspection",
    "InterviewDay",
    "InterviewPlace",
    "IssuedLetter",
    "JobDemand",
    "LetterTemplate",
    "Licence",
    "ListPreference",
    "Medical",
    "Merge",
    "NameToken",
    "Orientation",
    "Permit",
    "Person",
    "PersonAddress",
    "PersonPhone",
    "Photo",
    "Placement",
    "PlacementAnswer",
    "PlanLine",
    "Position",
    "Programme",
    "Proposal",
    "Readiness",
    "ReadinessDue",
    "Recruiter",
    "RecruiterAnswer",
    "Reintegration",
    "ReportRun",
    "ReportSchedule",
    "Requirement",
    "Return",
    "RuleValue",
    "SavedView",
    "Scan",
    "Seal",
    "SealedTable",
    "Season",
    "Selection",
    "Site",
    "SitePartner",
    "Step",
    "StoredFile",
    "Submission",
    "TemplateEdition",
    "TestResult",
    "Tick",
    "TrainingSeat",
    "TrainingSession",
    "Trip",
]
