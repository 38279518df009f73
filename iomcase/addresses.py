"""Addresses of the servers, in the spelling that each library wants."""

from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit


def redis_database(url: str) -> int:
    """Return the number of the database that a Redis address names, 0 when it names none."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return int(parse_qs(parts.query).get("db", ["0"])[0])
    return int(parts.path.strip("/") or 0)


def with_redis_database(url: str, number: int) -> str:
    """Return the Redis address `url` with its database replaced by `number`."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = {name: values[0] for name, values in parse_qs(parts.query).items()} | {"db": str(number)}
        return f"unix://{parts.netloc}{parts.path}?{urlencode(query)}"
    return urlunsplit(parts._replace(path=f"/{number}"))


def celery_broker(url: str) -> str:
    """Return a Redis address as Celery spells it: unix sockets differ from what redis-py takes."""
    if not url.startswith("unix://"):
        return url
    return f"redis+socket://{urlsplit(url).path}?virtual_host={redis_database(url)}"
