"""Compile message files (.po) to what Django reads (.mo), with Babel: no system tool is needed.

`python -m iomcase.catalogues` compiles those that changed. Extracting messages (`make messages`) is a developer's
task and uses GNU gettext.
"""

import sys
from pathlib import Path

LOCALE_DIR = Path(__file__).resolve().parent.parent / "locale"


def compile_changed(locale_dir: Path = LOCALE_DIR) -> list[Path]:
    """Compile each message file under `locale_dir` that is newer than its compiled form; return those compiled.

    Entries marked fuzzy are left out, as GNU msgfmt does.
    """
    compiled = []
    for source in sorted(locale_dir.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        # Babel takes a quarter of a second to import, which a start without changes need not pay.
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with source.open("rb") as stream:
            catalogue = read_po(stream, locale=source.parent.parent.name, abort_invalid=True)
        # Written aside and renamed, so that a process that reads meanwhile sees the old file or the new one.
        aside = target.with_suffix(".mo.new")
        with aside.open("wb") as stream:
            write_mo(stream, catalogue)
        aside.replace(target)
        compiled.append(target)
    return compiled


if __name__ == "__main__":
    for path in compile_changed(*(Path(argument) for argument in sys.argv[1:2])):
        print(f"compiled {path}")
