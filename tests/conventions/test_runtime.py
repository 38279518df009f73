"""Two commands, one health page, and no production with demo values."""

from django.db import connection


def test_database_is_private(db):
    assert connection.settings_dict["NAME"].startswith("test_")
