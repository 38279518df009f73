"""Redis may vanish: the door stays open, and opens once."""

import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache, caches
from django.test import Client

from iomcase.cache import HintsInRedis
from tests.accounts.test_second_factor import ASK, LOGIN, PASSWORD, code_of, is_signed_in


@pytest.fixture(params=["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock"])
def _no_redis(request, settings):
    settings.CACHES = settings.CACHES | {"default": {**settings.CACHES["default"], "LOCATION": request.param}}
    HintsInRedis._asks_again_at = 0.0
    yield
    HintsInRedis._asks_again_at = 0.0


@pytest.mark.usefixtures("_no_redis")
def test_signing_in_works_without_redis(user_for):
    user, secret = user_for("caseworker", password=PASSWORD), generate_totp_secret()
    TOTP.activate(user, secret)
    code = code_of(secret)
    first, second = Client(), Client()
    began = time.monotonic()
    for browser in (first, second):
        browser.post(LOGIN, {"login": user.email, "password": PASSWORD})
        browser.post(ASK, {"code": code})
    assert is_signed_in(first)
    assert not is_signed_in(second)
    assert time.monotonic() - began < 8


@pytest.mark.usefixtures("_no_redis")
def test_the_cache_answers_like_an_empty_one():
    assert cache.get("a", 7) == 7
    assert cache.add("a", 1)
    assert cache.set("a", 1) is None
    assert not cache.touch("a")
    assert not cache.delete("a")
    assert not cache.has_key("a")
    assert cache.get_many(["a"]) == {}
    assert cache.set_many({"a": 1}) == ["a"]
    assert cache.delete_many(["a"]) is None
    assert not cache.clear()


def test_the_cache_remembers_while_redis_is_there():
    here = caches["default"]
    here.set("a", 1)
    assert (here.get("a"), here.has_key("a"), here.get_many(["a"]), here.touch("a")) == (1, True, {"a": 1}, True)
    assert not here.add("a", 2)
    assert here.set_many({"b": 2}) == []
    here.delete_many(["a", "b"])
    assert here.get("b") is None
