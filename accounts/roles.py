"""Who may do what: one table to read, to review and to change.

The rights are those of the programme's role table (docs/architecture.md, "Roles"). A right says *what*; *where* it
holds (offices, programmes) comes from the membership that carries the role, see `accounts.models.User.reach`.
"""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """The eight roles. The value is stored in memberships and never changes; the label does."""

    CASEWORKER = "caseworker", _("Caseworker")
    LIAISON = "liaison", _("Employer liaison")
    MANAGER = "manager", _("Programme manager")
    DATA = "data", _("Data officer")
    PROTECTION = "protection", _("Protection focal point")
    AUDITOR = "auditor", _("Auditor")
    PARTNER = "partner", _("Partner")
    ADMINISTRATOR = "administrator", _("Administrator")


class Permission(StrEnum):
    """The rights that views declare and templates ask for."""

    SELF = "self"
    PERSON_VIEW = "person_view"
    PERSON_EDIT = "person_edit"
    PERSON_IMPORT = "person_import"
    DUPLICATE_REVIEW = "duplicate_review"
    PERSON_MERGE = "person_merge"
    CASE_VIEW = "case_view"
    CASE_READ = "case_read"
    CASE_SHARED = "case_shared"
    CASE_EDIT = "case_edit"
    CASE_MATCH = "case_match"
    CASE_ASSIGN = "case_assign"
    CASE_REOPEN = "case_reopen"
    CASE_EXPORT = "case_export"
    EXPORT_IDENTIFIED = "export_identified"
    NOTE_WRITE = "note_write"
    DOCUMENT_VIEW = "document_view"
    DOCUMENT_EDIT = "document_edit"
    FILE_VIEW = "file_view"
    EMPLOYER_VIEW = "employer_view"
    EMPLOYER_EDIT = "employer_edit"
    DEMAND_VIEW = "demand_view"
    DEMAND_EDIT = "demand_edit"
    DEMAND_APPROVE = "demand_approve"
    PLACEMENT_EDIT = "placement_edit"
    RETURN_EDIT = "return_edit"
    REINTEGRATION_VIEW = "reintegration_view"
    REINTEGRATION_EDIT = "reintegration_edit"
    REPORT_VIEW = "report_view"
    REPORT_RUN = "report_run"
    CODE_LIST_EDIT = "code_list_edit"
    CONFIGURE = "configure"
    USERS_MANAGE = "users_manage"
    HISTORY_VIEW = "history_view"


def _only(*roles):
    return frozenset(roles)


_R = Role
_STAFF = _only(_R.CASEWORKER, _R.LIAISON, _R.MANAGER, _R.DATA, _R.PROTECTION, _R.AUDITOR)

GRANTS: dict[Permission, frozenset[Role]] = {
    # Everybody signed in: Today, own profile, own notifications.
    Permission.SELF: frozenset(Role),
    # People and their cases. A partner sees the status of shared cases and nothing else.
    Permission.PERSON_VIEW: _STAFF,
    Permission.PERSON_EDIT: _only(_R.CASEWORKER, _R.MANAGER, _R.PROTECTION),
    Permission.PERSON_IMPORT: _only(_R.MANAGER, _R.DATA),
    # Who looks at possible duplicates says that they are different, or proposes a merge; a manager makes and undoes it.
    Permission.DUPLICATE_REVIEW: _only(_R.CASEWORKER, _R.MANAGER, _R.DATA, _R.PROTECTION),
    Permission.PERSON_MERGE: _only(_R.MANAGER),
    # CASE_VIEW opens the pages; which cases are seen: CASE_READ all in reach, CASE_MATCH those on the roster or
    # further, CASE_SHARED those shared with the partner's office.
    Permission.CASE_VIEW: _STAFF | {_R.PARTNER},
    Permission.CASE_READ: _only(_R.CASEWORKER, _R.MANAGER, _R.DATA, _R.PROTECTION, _R.AUDITOR),
    Permission.CASE_SHARED: _only(_R.PARTNER),
    Permission.CASE_EDIT: _only(_R.CASEWORKER, _R.MANAGER),
    Permission.CASE_MATCH: _only(_R.CASEWORKER, _R.LIAISON, _R.MANAGER),
    Permission.CASE_ASSIGN: _only(_R.MANAGER),
    Permission.CASE_REOPEN: _only(_R.MANAGER),
    # Lists leave the system without names and numbers of persons, unless a manager takes or allows them.
    Permission.CASE_EXPORT: _STAFF,
    Permission.EXPORT_IDENTIFIED: _only(_R.MANAGER, _R.DATA, _R.PROTECTION),
    Permission.NOTE_WRITE: _only(_R.CASEWORKER, _R.LIAISON, _R.MANAGER, _R.PROTECTION),
    Permission.DOCUMENT_VIEW: _only(_R.CASEWORKER, _R.LIAISON, _R.MANAGER, _R.PROTECTION, _R.AUDITOR),
    Permission.DOCUMENT_EDIT: _only(_R.CASEWORKER, _R.PROTECTION),
    # The pages themselves: an auditor reads the list of documents only.
    Permission.FILE_VIEW: _only(_R.CASEWORKER, _R.LIAISON, _R.MANAGER, _R.PROTECTION),
    # Employers and their demands. A manager approves what a liaison wrote, and does not write it.
    Permission.EMPLOYER_VIEW: _STAFF,
    Permission.EMPLOYER_EDIT: _only(_R.LIAISON),
    Permission.DEMAND_VIEW: _STAFF,
    Permission.DEMAND_EDIT: _only(_R.LIAISON),
    Permission.DEMAND_APPROVE: _only(_R.MANAGER),
    # The season abroad, the way home and afterwards.
    Permission.PLACEMENT_EDIT: _only(_R.CASEWORKER, _R.LIAISON, _R.MANAGER),
    Permission.RETURN_EDIT: _only(_R.CASEWORKER, _R.LIAISON, _R.MANAGER),
    Permission.REINTEGRATION_VIEW: _only(_R.CASEWORKER, _R.MANAGER, _R.DATA, _R.PROTECTION, _R.AUDITOR),
    Permission.REINTEGRATION_EDIT: _only(_R.CASEWORKER, _R.PROTECTION),
    # Figures.
    Permission.REPORT_VIEW: _STAFF,
    Permission.REPORT_RUN: _only(_R.MANAGER, _R.DATA),
    # Configuration. An administrator sets the system up and cannot read a case.
    Permission.CODE_LIST_EDIT: _only(_R.DATA, _R.ADMINISTRATOR),
    Permission.CONFIGURE: _only(_R.ADMINISTRATOR),
    Permission.USERS_MANAGE: _only(_R.ADMINISTRATOR),
    Permission.HISTORY_VIEW: _only(_R.MANAGER, _R.PROTECTION, _R.AUDITOR, _R.ADMINISTRATOR),
}


def roles_with(permission: Permission) -> frozenset[Role]:
    """Return the roles that carry a right; a right missing from the table is nobody's."""
    return GRANTS.get(permission, frozenset())
