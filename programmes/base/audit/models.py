"""Row history: each kept by triggers, so that nothing escapes it, not the admin site and not SQL."""

from accounts.history import tracked

__all__ = ["tracked"]
