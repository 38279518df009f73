"""What a file may be, how large, and how it is called. Arguments in, answer out."""

import re
import unicodedata

# assurance: 10 MB a file; 40 million pixels are more than a phone's camera takes.
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
# Files that one form takes at once: the two sides of a card, the pages of a certificate.
MOST_AT_ONCE = 5
JPEG, PDF = "image/jpeg", "application/pdf"
# What is stored, and the ending its name gets. Pictures of every kind become JPEG.
ENDINGS = {JPEG: ".jpg", PDF: ".pdf"}
LONGEST_NAME = 80
# Endings that say what a file claims to be: all of them go, so that "resume.pdf.exe" is not called a program.
_CLAIMS = re.compile(
    r"\.(jpe?g|jfif|png|webp|gif|bmp|tiff?|hei[cf]|avif|svg|pdf|docx?|xlsx?|pptx?|zip|rar|7z|html?|js|exe|com|bat|cmd|"
    r"scr|msi|ps1|vbs|jar|apk|sh|php|py|lnk)$",
    re.IGNORECASE,
)
# Names that Windows keeps for devices, whatever follows the first dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


def shown_name(name: str, kind: str, *, otherwise: str = "file") -> str:
    """The name under which a file is shown and downloaded, cleaned and at most 80 characters long.

    No folder, no control or direction characters, no quotes, no leading dot, no name of a device; the ending is that of
    what the file is (`kind`). `otherwise` is the name of a file of which nothing is left.
    """
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    # Cc, Cf, Cs, Co, Cn: what is not seen, turns the reading direction, or is no character.
    name = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in name)
    name = re.sub(r'[<>:"|?*;%`$]+', " ", name)
    stem = " ".join(name.split()).strip(". ")
    while (shorter := _CLAIMS.sub("", stem).strip(". ")) != stem:
        stem = shorter
    if _DEVICES.match(stem):
        stem = f"_{stem}"
    ending = ENDINGS.get(kind, "")
    return (stem or otherwise)[: LONGEST_NAME - len(ending)].rstrip(". ") + ending


def size_words(size: int) -> str:
    """Bytes in the words of a file manager: "340 kB", "2.1 MB"; decimal, one digit after the point."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} kB"
    return f"{size / 1_000_000:.1f} MB"
