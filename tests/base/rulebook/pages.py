"""The configuration site's pages of the rulebook as whoever sits before them uses them: open, change, send, read."""

from html.parser import HTMLParser

from programmes.base.rulebook.catalogue import DEADLINES, RULES
from programmes.models import Deadline, RuleValue

SITE = "/admin/programmes/"


class FormOf(HTMLParser):
    """What a browser would send if nobody touched the form of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.fields: dict[str, list[str] | str] = {}
        self.select = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        name = attrs.get("name")
        if tag == "select":
            self.select = name
        elif tag == "option" and "selected" in attrs and self.select:
            self.fields.setdefault(self.select, []).append(attrs.get("value", ""))
        elif tag == "input" and name and attrs.get("type") not in {"submit", "button"}:
            if attrs.get("type") not in {"checkbox", "radio"}:
                self.fields[name] = attrs.get("value", "")
            elif "checked" in attrs:
                self.fields[name] = attrs.get("value", "on")

    def handle_endtag(self, tag):
        if tag == "select":
            self.select = ""


def send(client, path, *without, **changes):
    """Open a page, change what is given (dots in names stand for hyphens), send it."""
    page = client.get(path)
    assert page.status_code == 200, page.status_code
    fields = {name: value for name, value in FormOf(page.content.decode()).fields.items() if "__prefix__" not in name}
    fields.update({name.replace("__", "-"): value for name, value in changes.items()})
    for name in without:
        fields.pop(name, None)
    return client.post(path, fields)


def errors_of(response) -> dict[str, str]:
    """Field → words of a refused page, of the form and of its tables."""
    assert response.status_code == 200, response.get("Location")
    form = response.context["adminform"].form
    found = {name: " ".join(words) for name, words in form.errors.items()}
    for table in response.context["inline_admin_formsets"]:
        for row in table.formset.forms:
            found |= {f"{row.prefix}-{name}": " ".join(words) for name, words in row.errors.items()}
        found |= (
            {table.formset.prefix: " ".join(table.formset.non_form_errors())} if table.formset.non_form_errors() else {}
        )
    return found


def line(table: str, key: str, programme=None, *, further=False) -> str:
    """The prefix of the line of a catalogue in a programme's page; lines that are set stand first.

    A rule that is set has an empty line for a `further` value.
    """
    catalogue, rows = (RULES, RuleValue) if table == "rule_values" else (DEADLINES, Deadline)
    own = list(rows.objects.filter(programme=programme).values_list("key", flat=True)) if programme else []
    if key in own and not further:
        return f"{table}__{own.index(key)}"
    empty = list(catalogue) if table == "rule_values" else [k for k in catalogue if k not in own]
    return f"{table}__{len(own) + empty.index(key)}"


def page_of(row) -> str:
    return f"{SITE}{row._meta.model_name}/{row.pk}/change/"


def new_programme(office, **values):
    return {
        "names_es": "Nueva Zelandia RSE",
        "names_en": "New Zealand RSE",
        "code": "gt-nz-rse",
        "origin": "GTM",
        "destination": "NZL",
        "offices": [office.pk],
        "currency": "NZD",
        **values,
    }


def requirement_form(programme, **values):
    return {
        "programme": programme.pk,
        "stage": "ready_to_travel",
        "kind": "document",
        "code": "passport",
        "labels_es": "Pasaporte",
        "labels_en": "Passport",
        "waits_for": "worker",
        "lead_days": "45",
        "order": "10",
        "active": "on",
        **values,
    }
