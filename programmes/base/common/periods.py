"""Periods of a person that may not overlap."""

from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.fields.ranges import BigIntegerRangeField
from django.db.models import F, Func, Value


def only_one_at_a_time(start: str, end) -> list:
    """Expressions that exclude two overlapping periods of one person, without the btree_gist extension.

    `int8range(person, person, '[]')` overlaps only itself, so an exclusion by `&&` on both ranges is enough.
    An empty end reaches to infinity.
    """
    person = Func(
        F("person_id"), F("person_id"), Value("[]"), function="int8range", output_field=BigIntegerRangeField()
    )
    bounds = RangeBoundary(inclusive_lower=True, inclusive_upper=True)
    period = Func(F(start), end, bounds, function="daterange", output_field=DateRangeField())
    return [(person, RangeOperators.OVERLAPS), (period, RangeOperators.OVERLAPS)]
