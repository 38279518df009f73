"""What the tests of deeds on many cases stand on."""

import pytest

from programmes.base.notifications import delivery
from programmes.base.rulebook import codes
from tests.factories.rulebook import CodeFactory


@pytest.fixture
def _lists_of_codes(db, monkeypatch):
    monkeypatch.setattr(delivery, "_quiet_until", float("inf"))
    for name, code in (("case_tag", "urgent"), ("case_tag", "first_season"), ("document", "passport")):
        CodeFactory(list=name, code=code)
    codes.forget()
