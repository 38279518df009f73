"""What a browser would send: the fields of a form as its page shows them, with changes."""

import re
from html import unescape


def hidden(page: str) -> dict[str, str]:
    """The machinery of the first form on a page: its key and its version."""
    fields = {}
    for name in ("key", "version"):
        found = re.search(rf'<input[^>]*\bname="{name}"[^>]*>', page)
        value = re.search(r'\bvalue="([^"]*)"', found[0]) if found else None
        if value:
            fields[name] = unescape(value[1])
    return fields


def send(client, address: str, **typed):
    """Open a form's page and send it with what was typed."""
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    return client.post(address, hidden(page.content.decode()) | typed)
