"""What the measurements say: var/bench/latest.json, the table of docs/performance.md, and whether a ceiling broke."""

import json
import os
import platform
import re
import time
from pathlib import Path
from typing import Any

from scripts.bench.database import ROOT

LATEST = ROOT / "var" / "bench" / "latest.json"
PAGE = ROOT / "docs" / "performance.md"
BEGINS, ENDS = "<!-- figures: written by make bench -->", "<!-- end of figures -->"
Entry = dict[str, Any]


def gather(sizes: list[int]) -> tuple[list[Entry], list[str]]:
    """The entries of these sizes, with the growth from the smallest one; and what was left out."""
    entries: list[Entry] = []
    left_out: list[str] = []
    for people in sizes:
        found = json.loads((ROOT / "var" / "bench" / f"{people}.json").read_text())
        entries += found["entries"]
        left_out += found["left_out"]
    least = {entry["name"]: entry for entry in entries if entry["people"] == sizes[0]}
    for entry in entries:
        small = least.get(entry["name"])
        if small and small is not entry:
            entry["extra"]["growth"] = growth(small, entry)
    return entries, list(dict.fromkeys(left_out))


def growth(small: Entry, large: Entry) -> dict[str, Any]:
    """How many times the time at the smallest size: each measured in the yardstick of its own rounds."""
    found: dict[str, Any] = {
        "from_people": small["people"],
        "p50": _times(_in_yardsticks(large), _in_yardsticks(small)),
    }
    filters = large["extra"].get("filters", {})
    found["filters"] = {
        name: _times(
            values["ratio_to_yardstick"]["p50_ms"], small["extra"]["filters"][name]["ratio_to_yardstick"]["p50_ms"]
        )
        for name, values in filters.items()
        if name in small["extra"].get("filters", {})
    }
    return found


def _in_yardsticks(entry: Entry) -> float:
    ratio = entry["extra"].get("ratio_to_yardstick")
    return ratio["p50_ms"] if ratio else entry["p50_ms"]


def _times(large: float, small: float) -> float:
    return round(large / max(small, 0.01), 2)


def write(entries: list[Entry]) -> None:
    """Keep the entries for whoever reads them by machine."""
    LATEST.parent.mkdir(parents=True, exist_ok=True)
    LATEST.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n")


def write_page(entries: list[Entry], page: Path = PAGE) -> None:
    """Put the figures into docs/performance.md, between the marks."""
    text = page.read_text()
    words = f"{BEGINS}\n\n{heading(entries)}\n\n{tables(entries)}\n\n{ENDS}"
    page.write_text(re.sub(f"{re.escape(BEGINS)}.*{re.escape(ENDS)}", lambda _found: words, text, flags=re.DOTALL))


def heading(entries: list[Entry]) -> str:
    """Where and when the figures were measured."""
    sizes = ", ".join(f"{people:,}" for people in sorted({entry["people"] for entry in entries}))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"One run on {time.strftime('%-d %B %Y')}: {os.cpu_count()} processors, {memory:.0f} GiB, {platform.system()},"
        f" Python {platform.python_version()}, the private PostgreSQL 18; {sizes} people. Load when it ended:"
        f" {os.getloadavg()[1]:.1f}."
    )


def tables(entries: list[Entry]) -> str:
    """The tables of the page, ratios first."""
    pages = [entry for entry in entries if "yardstick" in entry["extra"]]
    titles = ["page", "people", "× yardstick p50 / p95", "× by hand p50 / p95", "admin × yardstick", "× smallest size"]
    titles += ["p50 / p95 ms", "processor ms", "queries", "kB"]
    lines = [f"| {' | '.join(titles)} |", "|---|" + "--:|" * (len(titles) - 1)]
    for entry in pages:
        extra = entry["extra"]
        yardstick, by_hand = extra["ratio_to_yardstick"], extra["ratio_to_reference"]
        admin = extra.get("django_admin")
        stock = f"{admin['ratio_to_yardstick']['p50_ms']:.0f}" if admin and admin["status"] == 200 else "no answer"
        grown = extra.get("growth", {}).get("p50", "")
        lines.append(
            f"| {entry['name']} | {entry['people']:,} | {yardstick['p50_ms']:.1f} / {yardstick['p95_ms']:.1f}"
            f" | {by_hand['p50_ms']:.1f} / {by_hand['p95_ms']:.1f} | {stock} | {grown}"
            f" | {entry['p50_ms']:.0f} / {entry['p95_ms']:.0f} | {extra['processor_ms']:.0f} | {entry['queries']}"
            f" | {entry['bytes'] / 1000:.1f} |"
        )
    return "\n\n".join(part for part in ("\n".join(lines), _filters(pages), _searches(entries), _work(entries)) if part)


def _searches(entries: list[Entry]) -> str:
    found = {entry["people"]: entry["extra"]["engine_all"] for entry in entries if "engine_all" in entry["extra"]}
    if not found:
        return ""
    lines = [
        "| search without the page | recall in ten | by hand | p50 / p95 ms | by hand p50 / p95 ms |",
        "|---|--:|--:|--:|--:|",
    ]
    for entry in [*(e for e in entries if "engine" in e["extra"])]:
        lines.append(_search(f"{entry['name']}, {entry['people']:,} people", entry["extra"]["engine"]))
    lines += [_search(f"all six kinds, {people:,} people", figures) for people, figures in found.items()]
    return "\n".join(lines)


def _search(words: str, figures: dict[str, Any]) -> str:
    return (
        f"| {words} | {figures['recall']:.1%} | {figures['reference_recall']:.1%}"
        f" | {figures['p50_ms']:.1f} / {figures['p95_ms']:.1f}"
        f" | {figures['reference_p50_ms']:.1f} / {figures['reference_p95_ms']:.1f} |"
    )


def _filters(pages: list[Entry]) -> str:
    sizes = sorted({entry["people"] for entry in pages})
    names = list(dict.fromkeys((entry["name"], name) for entry in pages for name in entry["extra"].get("filters", {})))
    if not names:
        return ""
    lines = [f"| list | {' | '.join(f'{size:,}: × yardstick' for size in sizes)} | × smallest size |"]
    lines.append("|---|" + "--:|" * (len(sizes) + 1))
    by_size = {(entry["name"], entry["people"]): entry for entry in pages}
    for page, name in names:
        found = [by_size[page, size]["extra"]["filters"].get(name) for size in sizes if (page, size) in by_size]
        grown = by_size[page, sizes[-1]]["extra"].get("growth", {}).get("filters", {}).get(name, "")
        cells = " | ".join(
            f"{values['ratio_to_yardstick']['p50_ms']:.1f}" if values["status"] == 200 else f"status {values['status']}"
            for values in found
        )
        lines.append(f"| {page}: {name} | {cells} | {grown} |")
    return "\n".join(lines)


def _work(entries: list[Entry]) -> str:
    rows = [entry for entry in entries if "yardstick" not in entry["extra"]]
    if not rows:
        return ""
    lines = ["| work | people | p50 / p95 ms | by hand p50 / p95 ms | × by hand | notes |", "|---|--:|--:|--:|--:|---|"]
    for entry in rows:
        ratio = entry["p50_ms"] / max(entry["reference_p50_ms"], 0.01)
        lines.append(
            f"| {entry['name']} | {entry['people']:,} | {entry['p50_ms']:,.0f} / {entry['p95_ms']:,.0f}"
            f" | {entry['reference_p50_ms']:,.0f} / {entry['reference_p95_ms']:,.0f} | {ratio:.1f}"
            f" | {entry['extra'].get('said', '')} |"
        )
    return "\n".join(lines)


def broken(entries: list[Entry]) -> list[str]:
    """Entries with more queries or bytes than they may have: limits that do not depend on the machine."""
    return [
        f"{entry['name']} ({entry['people']:,})"
        for entry in entries
        if entry["queries"] > entry["extra"].get("most_queries", entry["queries"])
        or entry["bytes"] > entry["extra"].get("most_bytes", entry["bytes"])
        or entry["extra"].get("status", 200) != 200
    ]
