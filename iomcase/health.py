"""`GET /health/`: what a monitor, a load balancer and `make run` ask.

The answer names the database, the broker, the worker and the beat, each "ok" or a word of why not, and nothing else:
no version, no address, no error text. It is given before any other middleware, so it needs no session, no sign-in
and no allowed host name, and it works while the database is away.
"""

import logging
from collections.abc import Callable

import psycopg
import redis
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.views.decorators.cache import never_cache

logger = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 5
# A heart that is silent for longer is taken for stopped.
HEARTBEAT_LIVES_SECONDS = 25
ANSWER_SECONDS = 2
PATH = "/health/"


class AnswerHealth:
    """Middleware, the first of all: answers the health address itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the health address, pass on everything else."""
        if request.path_info == PATH:
            return health(request)
        return self.get_response(request)


@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """Return 200 when every part is well, else 503, with the state of each part as JSON."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    parts = {"database": _database(), **_broker_and_hearts()}
    well = all(state == "ok" for state in parts.values())
    answer = JsonResponse({"status": "ok" if well else "down", **parts}, status=200 if well else 503)
    answer["Content-Length"] = str(len(answer.content))
    if not well:
        answer["Retry-After"] = "5"
        answer._has_been_logged = True  # type: ignore[attr-defined] # a monitor asks often; Django would log each answer as an error
    return answer


def beat_heart(part: str) -> None:
    """Say that `part` ("worker" or "beat") is alive. A broker that does not answer is not this function's trouble."""
    try:
        with _redis() as client:
            client.set(_heart(part), 1, ex=HEARTBEAT_LIVES_SECONDS)
    except redis.RedisError:
        logger.warning("heartbeat not sent", extra={"part": part})


def stop_heart(part: str) -> None:
    """Say that `part` is known to have stopped, so that health need not wait for its heartbeat to grow old."""
    try:
        with _redis() as client:
            client.delete(_heart(part))
    except redis.RedisError:
        logger.warning("heartbeat not ended", extra={"part": part})


def _heart(part: str) -> str:
    return f"iomcase:heart:{part}"


def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, retry=None
    )


def _database() -> str:
    # A connection of its own: waiting for a free one of the pool would say nothing about the database.
    parameters = connections["default"].get_connection_params()
    parameters = {
        name: parameters[name] for name in ("host", "port", "user", "password", "dbname") if name in parameters
    }
    try:
        with psycopg.connect(
            **parameters, connect_timeout=ANSWER_SECONDS, options="-c statement_timeout=2s"
        ) as database:
            database.execute("SELECT 1")
    except psycopg.Error:
        return "no answer"
    return "ok"


def _broker_and_hearts() -> dict[str, str]:
    try:
        with _redis() as client:
            worker, beat = client.mget(_heart("worker"), _heart("beat"))
    except redis.RedisError:
        return {"broker": "no answer", "worker": "unknown", "beat": "unknown"}
    return {
        "broker": "ok",
        "worker": "ok" if worker else "no heartbeat",
        "beat": "ok" if beat else "no heartbeat",
    }
