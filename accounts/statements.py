"""Statements that every page sends: worked out by the ORM once, and not again for each page.

Working a statement out takes several times as long as running it, and the session, the user, the memberships and the
bell are asked for on every page. The querysets stay the one place where the rule is said; only the text is kept.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import connection, models


class Standing:
    """A queryset whose SQL is kept; only the values in it differ from call to call.

    `build` makes the queryset from values; `marks` are values of the same types that stand nowhere else in it, by which
    the places of the values are found.
    """

    def __init__(self, build: Callable[..., models.QuerySet], *marks: Any):
        self.build, self.marks = build, marks

    @cached_property
    def _kept(self) -> tuple[str, list[Any], list[tuple[int, int]]]:
        text, parameters = self.build(*self.marks).query.sql_with_params()
        places = [(at, self.marks.index(value)) for at, value in enumerate(parameters) if value in self.marks]
        if {mark for _at, mark in places} != set(range(len(self.marks))):
            raise ValueError("A value of the statement does not stand in its text.")
        return text, list(parameters), places

    def rows(self, *values: Any) -> list[tuple]:
        """The rows for these values, as PostgreSQL gives them: no field converts them."""
        text, parameters, places = self._kept
        parameters = parameters.copy()
        for at, mark in places:
            parameters[at] = values[mark]
        with connection.cursor() as cursor:
            cursor.execute(text, parameters)
            return cursor.fetchall()


class Whole:
    """All columns of a model, and its instances from such columns of a row."""

    def __init__(self, model: type[models.Model], path: str = ""):
        self.model = model
        fields = model._meta.concrete_fields
        if any(hasattr(field, "from_db_value") for field in fields):
            raise TypeError(f"A field of {model.__name__} needs to be converted.")
        self.names = [field.attname for field in fields]
        self.columns = [f"{path}{name}" for name in self.names]

    def of(self, row: tuple) -> Any:
        """The instance that these values of a row are."""
        return self.model.from_db(connection.alias, self.names, row)
