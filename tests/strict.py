"""What makes a test fail although nothing raised: a template that prints a variable nobody gave it."""

import copy
import inspect
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.template.base import FilterExpression


class UndefinedVariable(AssertionError):
    """One of our templates prints a variable that its view did not give and that has no default."""


class RefuseUndefined(str):
    """Stands in for `string_if_invalid`.

    Django asks it with `"%s" in …` and then with `… % variable`. In our templates it raises; for a variable with a
    `default` filter, and in templates of other packages, it does what Django does outside tests.
    """

    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, variable: object) -> object:
        frame = inspect.currentframe().f_back
        expression: FilterExpression = frame.f_locals["self"]
        has_default = any(function.__name__ in {"default", "default_if_none"} for function, _ in expression.filters)
        template = _template_being_rendered(frame)
        if not has_default and template and Path(template).is_relative_to(settings.BASE_DIR / "templates"):
            raise UndefinedVariable(f"{template}: nothing is called {expression.token}")
        as_outside_tests = copy.copy(expression)
        as_outside_tests.var, as_outside_tests.is_var = "", False
        return as_outside_tests.resolve(frame.f_locals["context"])


def _template_being_rendered(frame: FrameType | None) -> str | None:
    while frame is not None:
        if frame.f_code.co_name == "render_annotated":
            origin = getattr(frame.f_locals["self"], "origin", None)
            return None if origin is None else origin.name
        frame = frame.f_back
    return None


UNDEFINED = RefuseUndefined("undefined")
