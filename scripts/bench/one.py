"""Measure one size, in a process of its own: `python -m scripts.bench.one <people> <entries …>`."""

import json
import sys
from contextlib import ExitStack
from typing import Any

from scripts import bench_search
from scripts.bench import database, serving
from scripts.bench.visits import Times, Visited, Visitor, queries_of, visit

# How bench_search calls what an entry asks for, and of how many queries the recall is told.
KINDS = {"search_exact": "exact", "search_slip": "one edit", "search_sound": "sound-alike"}
QUERIES = 1000
# So often each further filter of a page is asked for in a round.
FEW = 5
PEOPLE = int(sys.argv[1]) if len(sys.argv) > 1 else 0


def main() -> None:
    """Measure the entries that are named (all, when none is) and write them to var/bench/<people>.json."""
    only = set(sys.argv[2:])
    database.settle_environment(PEOPLE)
    import django

    django.setup()
    kept = database.ROOT / "var" / "bench" / f"{PEOPLE}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    # Entries that are not asked for stay as they were measured last.
    before = json.loads(kept.read_text())["entries"] if only and kept.exists() else []

    def keep(entries: list[dict[str, Any]], left_out: list[str]) -> None:
        others = [entry for entry in before if entry["name"] not in {found["name"] for found in entries}]
        kept.write_text(json.dumps({"entries": others + entries, "left_out": left_out}, indent=1) + "\n")

    entries = _measured_pages(only)
    keep(entries, [])
    from scripts.bench import work

    more, missing = work.measured(PEOPLE, only)
    keep(entries + more, missing)


def _measured_pages(only: set[str]) -> list[dict[str, Any]]:
    from scripts.bench import boards, pages, rosters

    wanted = [page for page in pages.pages() if not only or page.name in only]
    if not wanted:
        return []
    with ExitStack() as stack:
        for page in wanted:
            if page.ours.path == pages.BOARD:
                pages.put_on_board(page, *stack.enter_context(boards.seasons()))
            if page.ours.path == pages.ROSTER:
                pages.put_on_roster(page, *stack.enter_context(rosters.demand()))
        return _visited(wanted)


def _visited(wanted: list[Any]) -> list[dict[str, Any]]:
    from django.db import connection

    from iomcase.servers import Postgres
    from scripts.bench import pages

    postgres = int((Postgres(database.directory(PEOPLE)).dir / "pid").read_text())
    with serving.web() as web, serving.floor() as floor, serving.stock_admin() as stock:
        for page in wanted:
            if page.name == "case_list_deep":
                pages.go_deep(page, web)
        counts = {page.name: queries_of(page.ours) for page in wanted}
        connection.close()
        visitors = {"yardstick": Visitor(floor, Visited(f"/yardstick?office={pages.heaviest_office()}"))}
        for page in wanted:
            visitors[page.name] = Visitor(web, page.ours)
            visitors[f"{page.name} by hand"] = Visitor(floor, page.floor)
            if page.stock:
                visitors[f"{page.name} in the admin"] = Visitor(stock, page.stock)
            visitors |= {f"{page.name}: {name}": Visitor(web, visited, FEW) for name, visited in page.filters.items()}
        found = visit(visitors, postgres)
    entries = [_entry(page, found, counts[page.name]) for page in wanted]
    searched = [entry for entry in entries if entry["name"] in KINDS]
    if searched:
        user = next(page.ours.user for page in wanted if page.name == searched[0]["name"])
        figures = bench_search.measure(user, bench_search.queries(user, QUERIES))
        for entry in searched:
            entry["extra"] |= {"engine": figures[KINDS[entry["name"]]], "engine_all": figures["all"]}
            entry["extra"]["recall"] = figures[KINDS[entry["name"]]]["recall"]
    return entries


def _entry(page: Any, found: dict[str, Times], queries: int) -> dict[str, Any]:
    ours, by_hand, yardstick = found[page.name], found[f"{page.name} by hand"], found["yardstick"]
    admin = found.get(f"{page.name} in the admin")
    extra = {
        "processor_ms": ours.figures["processor_ms"],
        "reference_processor_ms": by_hand.figures["processor_ms"],
        "yardstick": yardstick.figures,
        "ratio_to_yardstick": _ratio(ours, yardstick),
        "ratio_to_reference": _ratio(ours, by_hand),
        "most_queries": page.most_queries,
        "most_bytes": round(page.most_kilobytes * 1000),
    }
    if page.said:
        extra["said"] = page.said
    if ours.status != 200:
        extra["status"] = ours.status
    if admin:
        extra["django_admin"] = admin.figures | {"status": admin.status, "ratio_to_yardstick": _ratio(admin, yardstick)}
    if page.filters:
        extra["filters"] = {
            name: found[f"{page.name}: {name}"].figures
            | {"status": found[f"{page.name}: {name}"].status}
            | {"ratio_to_yardstick": _ratio(found[f"{page.name}: {name}"], yardstick)}
            for name in page.filters
        }
    return {
        "name": page.name,
        "people": PEOPLE,
        "p50_ms": ours.figures["p50_ms"],
        "p95_ms": ours.figures["p95_ms"],
        "reference_p50_ms": by_hand.figures["p50_ms"],
        "reference_p95_ms": by_hand.figures["p95_ms"],
        "queries": queries,
        "bytes": ours.size,
        "extra": extra,
    }


def _ratio(one: Times, other: Times) -> dict[str, float]:
    """How many times the other's p50, p95 and processor time; of the same rounds, so that neighbours matter little."""
    return {
        name: round(one.figures[name] / max(other.figures[name], 0.01), 2)
        for name in ("p50_ms", "p95_ms", "processor_ms")
    }


if __name__ == "__main__":
    main()
