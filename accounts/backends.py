"""Who signs in: allauth decides, and the user of a session is read by a statement that is worked out once."""

from functools import cache

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import get_user_model

from accounts.statements import Standing, Whole

_ANYBODY = -7301


@cache
def _reader() -> tuple[Standing, Whole]:
    model = get_user_model()
    whole = Whole(model)
    return Standing(lambda pk: model.objects.filter(pk=pk).values_list(*whole.columns), _ANYBODY), whole


class Backend(AuthenticationBackend):
    """Signing in by e-mail address, as allauth does it."""

    def get_user(self, user_id):
        """The user of a session, None when there is none or the account is closed."""
        standing, whole = _reader()
        rows = standing.rows(user_id)
        user = whole.of(rows[0]) if rows else None
        return user if user is not None and self.user_can_authenticate(user) else None
