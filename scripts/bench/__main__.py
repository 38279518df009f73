"""Measure the sizes asked for, one after the other, and write down what was found.

    make bench                                10,000 and 100,000 people
    make bench PEOPLE=1000000                 those and a million
    make bench PEOPLE=10000 ONLY="today"      one size, one entry

Returns the number of entries with more queries or bytes than they may have.
"""

import os
import subprocess
import sys

from scripts.bench import database, report

SIZES = (10_000, 100_000, 1_000_000)
USUAL = 100_000


def main() -> int:
    """Prepare, measure, report."""
    most = int(os.environ.get("PEOPLE") or USUAL)
    only = (os.environ.get("ONLY") or "").split()
    sizes = sorted({size for size in SIZES if size < most} | {most})
    for people in sizes:
        database.prepare(people)
        print(f"Measuring with {people:,} people …", flush=True)
        subprocess.run([sys.executable, "-m", "scripts.bench.one", str(people), *only], check=True, cwd=database.ROOT)
    entries, left_out = report.gather(sizes)
    report.write(entries)
    if not only:
        report.write_page(entries)
    print(f"\n{report.heading(entries)} Also in {report.LATEST.relative_to(database.ROOT)}.\n")
    print(report.tables(entries))
    for words in left_out:
        print(f"\nLeft out: {words}")
    if over := report.broken(entries):
        print(f"\nToo many queries or bytes, or no answer: {', '.join(over)}")
    return len(report.broken(entries))


if __name__ == "__main__":
    sys.exit(main())
