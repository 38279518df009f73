"""The cache, which may vanish at any moment: what it holds are hints, so its absence must not stop anybody.

It counts tries at the sign-in page and searches. While Redis is away these are not counted (passwords have fifteen
characters and a second factor behind them); everything else works, without waiting for a server that does not answer.
"""

import logging
import time

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
# After a failure nobody asks again for this long: pages must not each wait for a time-out.
PAUSE_SECONDS = 5


class HintsInRedis(RedisCache):
    """Django's Redis cache, answering like an empty one while Redis is away."""

    _asks_again_at = 0.0

    def _ask(self, question, answer_when_away, *args, **kwargs):
        if time.monotonic() < HintsInRedis._asks_again_at:
            return answer_when_away
        try:
            return question(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            HintsInRedis._asks_again_at = time.monotonic() + PAUSE_SECONDS
            logger.warning("the cache does not answer: %s", type(error).__name__)
            return answer_when_away

    def add(self, key, value, *args, **kwargs):
        """Store a new key; True, as for a first one, while Redis is away."""
        return self._ask(RedisCache.add, True, key, value, *args, **kwargs)

    def get(self, key, default=None, version=None):
        """Return what is stored, or the default."""
        return self._ask(RedisCache.get, default, key, default, version)

    def set(self, key, value, *args, **kwargs):
        """Store a value."""
        return self._ask(RedisCache.set, None, key, value, *args, **kwargs)

    def incr(self, key, delta=1, version=None):
        """Count one more; 1, as for a first one, while Redis is away."""
        return self._ask(RedisCache.incr, 1, key, delta, version)

    def touch(self, key, *args, **kwargs):
        """Let a key live longer."""
        return self._ask(RedisCache.touch, False, key, *args, **kwargs)

    def delete(self, key, version=None):
        """Remove a key."""
        return self._ask(RedisCache.delete, False, key, version)

    def get_many(self, keys, version=None):
        """Return what is stored of several keys."""
        return self._ask(RedisCache.get_many, {}, keys, version)

    def set_many(self, data, *args, **kwargs):
        """Store several values; returns the keys that could not be stored."""
        return self._ask(RedisCache.set_many, list(data), data, *args, **kwargs)

    def delete_many(self, keys, version=None):
        """Remove several keys."""
        return self._ask(RedisCache.delete_many, None, keys, version)

    def has_key(self, key, version=None):
        """Say whether a key is stored."""
        return self._ask(RedisCache.has_key, False, key, version)

    def clear(self):
        """Remove everything."""
        return self._ask(RedisCache.clear, False)
