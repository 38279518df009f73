"""Row history by database triggers, the same for every model that wants it."""

import pghistory


def tracked(*, exclude=(), **options):
    """Return a class decorator that records every insert, update and delete of a model's rows.

    The events are written by PostgreSQL triggers, so edits in the admin site, bulk updates and raw SQL are seen too.
    An update that changes no tracked column leaves no event.

    Args:
        exclude: names of fields whose values must not be kept (secrets, or clocks that tick on every request).
        options: handed on to `pghistory.track`.
    """
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=list(exclude) or None,
        **options,
    )
