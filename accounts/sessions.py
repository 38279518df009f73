"""Sessions in the database, read by a statement that is worked out once. See statements.py."""

import datetime as dt

from django.contrib.sessions.backends import db
from django.utils import timezone

from accounts.statements import Standing

_LIVE = Standing(
    lambda key, moment: (
        db.SessionStore.get_model_class()
        .objects.filter(session_key=key, expire_date__gt=moment)
        .values_list("session_data")
    ),
    "key of a session",
    dt.datetime(1, 1, 1, tzinfo=dt.UTC),
)


class SessionStore(db.SessionStore):
    """Django's sessions in the database."""

    def _get_session_from_db(self):
        found = _LIVE.rows(self.session_key, timezone.now())
        if found:
            return self.model(session_key=self.session_key, session_data=found[0][0])
        self._session_key = None
        return None
