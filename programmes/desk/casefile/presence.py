"""Who else has a case open, so that two colleagues do not do the same thing twice.

A hint: identifiers of users, in the cache, for minutes. What protects a case is the version token of its forms.
"""

import time

from django.core.cache import cache

from accounts.models import User

SECONDS = 300


def others_at(enrolment, user) -> list[str]:
    """Names of the colleagues who opened the case in the last five minutes; from now on `user` is one of them.

    One statement, and only when there is somebody. Empty while the cache is away.
    """
    key, now = f"open-case:{enrolment.pk}", time.time()
    opened = {pk: at for pk, at in (cache.get(key) or {}).items() if now - at < SECONDS}
    cache.set(key, opened | {user.pk: now}, SECONDS)
    others = [pk for pk in opened if pk != user.pk]
    return list(User.objects.filter(pk__in=others).values_list("full_name", flat=True)) if others else []
