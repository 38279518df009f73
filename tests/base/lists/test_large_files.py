"""Files of many rows: whoever writes them needs no more memory for ten times as many."""

import tracemalloc

import pytest

from accounts.models import User
from programmes.base.lists import export
from programmes.models import Enrolment, Export

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("ten_thousand_people")]
COLUMNS = ["name", "programme", "since", "due", "owner", "office", "registered", "department"]
FEW, MANY = "view=all&sort=number&status=eligible", "view=all&sort=number"
MORE_MEMORY = 3_000_000


@pytest.fixture(scope="module")
def manager(ten_thousand_people):
    """Who takes them."""
    return User.objects.get(email="manager@example.org")


def as_csv(taken, user, path) -> int:
    parts, written = export.csv_counted(taken, user)
    for _part in parts:
        pass
    return written()


def as_workbook(taken, user, path) -> int:
    return export.write_workbook(taken, user, str(path / "list.xlsx"), going=lambda rows: True)


@pytest.mark.parametrize("write", [as_csv, as_workbook])
def test_ten_times_as_many_rows_need_no_more_memory(manager, tmp_path, write):
    office = manager.current_memberships[0].office

    def peak(query):
        taken = Export(
            listing="cases", query=query, columns=COLUMNS, format="csv" if write is as_csv else "xlsx", identified=True,
            purpose="audit", why="Measured.", office=office, created_by=manager,
        )  # fmt: skip
        tracemalloc.start()
        rows = write(taken, manager, tmp_path)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return rows, most

    peak(FEW)
    few, little = peak(FEW)
    many, much = peak(MANY)
    assert many == Enrolment.objects.visible_to(manager).count() >= 10 * few
    assert much - little < MORE_MEMORY
