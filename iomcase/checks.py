"""System checks of our own: what Django's `check` cannot know about a production of iomcase."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connections


@checks.register(checks.Tags.database)
def web_role_owns_nothing(databases: Sequence[str] | None = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """In production, the role of web and workers must not own tables: the owner can switch off triggers and rights.

    Runs with `manage.py check --database default`, which docs/operations.md asks for at every start.
    """
    if not settings.PRODUCTION or settings.AS_OWNER or "default" not in (databases or []):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
            " OR EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public'"
            " AND pg_has_role(current_user, tableowner, 'USAGE'))"
        )
        role, is_too_mighty = cursor.fetchone()
    if not is_too_mighty:
        return []
    return [
        checks.Error(
            f"The role {role} of DATABASE_URL is a superuser or owns tables: it could switch off the audit triggers.",
            hint="Give web and workers the role iomcase_web and migrations the owner's address in DATABASE_OWNER_URL: "
            "docs/operations.md, Database roles.",
            id="iomcase.E001",
        )
    ]
