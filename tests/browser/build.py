"""How a page is built, apart from its words: what two languages of one page must have in common."""

from collections import Counter
from html.parser import HTMLParser

# What holds words, times or addresses, or is drawn at random: only whether it is empty counts. So with all of data-*.
WORDS = {
    "action", "alt", "aria-label", "content", "datetime", "href", "hx-get", "hx-headers", "hx-post", "label", "lang",
    "nonce", "placeholder", "src", "srcset", "title", "value",
}  # fmt: skip
# Sorted by their words, these stand in another order in another language, under other numbers.
NUMBERED = {"checked", "for", "id", "selected", "aria-describedby", "aria-labelledby", "aria-controls"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def build(html: str) -> Counter[tuple[str, ...]]:
    """Count the elements of a page by the elements around them, their attributes, and whether they hold words.

    Two pages with the same count give axe the same names, roles, colours and order of ranks to judge, whatever their
    words are.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Counter(tuple(found) for found in reader.elements)


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.around: list[list[str]] = []
        self.elements: list[list[str]] = []

    def handle_starttag(self, tag, attrs):
        marks = sorted(
            f"{name}={bool(value and value.strip()) if name in WORDS or name.startswith('data-') else value}"
            for name, value in attrs
            if name not in NUMBERED
        )
        parent = self.around[-1][0] if self.around else ""
        found = [f"{parent}>{tag}", *marks]
        self.elements.append(found)
        if tag not in VOID:
            self.around.append(found)

    def handle_endtag(self, tag):
        while self.around and not self.around.pop()[0].endswith(f">{tag}"):
            pass

    def handle_data(self, data):
        if data.strip() and self.around and self.around[-1][-1] != "words":
            self.around[-1].append("words")
