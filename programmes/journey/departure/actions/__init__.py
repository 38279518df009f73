"""Deeds on the way to departure, by subject; called as `actions.verify_document(…)`."""

from programmes.journey.departure.actions.ageing import age_documents, age_everywhere
from programmes.journey.departure.actions.contracts import (
    draft_contract,
    explain_contract,
    proposed_terms,
    sign_contract_employer,
    sign_contract_worker,
)
from programmes.journey.departure.actions.documents import (
    edit_document,
    record_document,
    reject_document,
    request_document,
    revoke_document,
    verify_document,
)
from programmes.journey.departure.actions.files import attach_files, remove_file
from programmes.journey.departure.actions.issuing import issue_letter
from programmes.journey.departure.actions.leaving import (
    book_trip,
    cancel_trip,
    declare_unfit,
    depart,
    record_orientation,
    refuse,
    take_back_orientation,
)
from programmes.journey.departure.actions.medicals import missed_medical, record_medical, schedule_medical
from programmes.journey.departure.actions.permits import (
    advance_permit,
    appeal_permit,
    decide_permit,
    relodge_permit,
    start_permit,
    withdraw_permit,
)

__all__ = [
    "advance_permit",
    "age_documents",
    "age_everywhere",
    "appeal_permit",
    "attach_files",
    "book_trip",
    "cancel_trip",
    "decide_permit",
    "declare_unfit",
    "depart",
    "draft_contract",
    "edit_document",
    "explain_contract",
    "issue_letter",
    "missed_medical",
    "proposed_terms",
    "record_document",
    "record_medical",
    "record_orientation",
    "refuse",
    "reject_document",
    "relodge_permit",
    "remove_file",
    "request_document",
    "revoke_document",
    "schedule_medical",
    "sign_contract_employer",
    "sign_contract_worker",
    "start_permit",
    "take_back_orientation",
    "verify_document",
    "withdraw_permit",
]
