"""From a letter's data to a PDF, by Typst. The engine is 36 MB and is imported when needed: in the worker, or in a
process of its own for an administrator who looks at a template (`python -m programmes.base.papers.pdf`)."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

LAYOUT = Path(__file__).parent / "letter.typ"
ROOT = Path(__file__).parents[3]
# A letter takes half a second; whoever waits for a page waits no longer than this.
LONGEST_SECONDS = 20


class LayoutFailed(Exception):
    """The engine refused; what it said may quote the letter, so it is not part of this error."""


def render(data: dict[str, Any], *, picture: bool = False) -> bytes:
    """The letter as PDF/UA-1, or (`picture`) its first page as PNG.

    `data` holds `title`, `number`, `office`, `programme`, `officer`, `site`, `code`, `qr` (SVG) and `columns`: one for
    each language with `lang`, `title`, `day`, `words` and `blocks` ({kind, text, label}).
    """
    import typst  # the web process never needs it

    # A document of its own for each letter: nothing of one letter is left for the next.
    compiler = typst.Compiler(
        LAYOUT.read_bytes(), ignore_system_fonts=True, sys_inputs={"letter": json.dumps(data, ensure_ascii=False)}
    )
    try:
        if picture:
            made = compiler.compile(format="png", ppi=110)
        else:
            made = compiler.compile(format="pdf", pdf_standards=["ua-1"])
    except typst.TypstError as error:
        raise LayoutFailed from error
    content = made[0] if isinstance(made, list) else made
    if not content:
        raise LayoutFailed
    return content


def render_apart(data: dict[str, Any]) -> bytes:
    """The same in a process that ends with the letter, for the web. Raises LayoutFailed, also after so many seconds."""
    try:
        made = subprocess.run(
            [sys.executable, "-m", "programmes.base.papers.pdf"],
            input=json.dumps(data, ensure_ascii=False).encode(),
            capture_output=True,
            check=True,
            cwd=ROOT,
            timeout=LONGEST_SECONDS,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise LayoutFailed from error
    return made.stdout


@cache
def qr_maker():
    """The maker of QR codes, imported when needed."""
    import qrcode
    import qrcode.image.svg

    return qrcode, qrcode.image.svg.SvgPathImage


def qr_svg(address: str) -> str:
    """A QR code that leads to an address, as SVG."""
    qrcode, image = qr_maker()
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=1)
    code.add_data(address)
    return code.make_image(image_factory=image).to_string(encoding="unicode")


if __name__ == "__main__":
    sys.stdout.buffer.write(render(json.load(sys.stdin.buffer)))
