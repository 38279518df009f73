"""What people say about a file: which it is, what its columns mean, how it is written."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Office
from programmes.base.batches import problems, sheets
from programmes.base.batches.imports import ImportKind, missing_columns
from programmes.base.batches.sheets.csvs import SEPARATORS
from programmes.base.common import wording
from programmes.base.common.forms import WorkForm

# A tab is no value that a form can send: text is trimmed.
TAB = "tab"
# The choice that a column of the file stands for nothing.
UNREAD = "-"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
_SEPARATOR_NAMES = {",": gettext_lazy("comma"), ";": gettext_lazy("semicolon"), TAB: gettext_lazy("tab"), "|": "|"}


def limits() -> str:
    """How large a file may be, in a sentence."""
    return _(
        "A workbook (XLSX) or a CSV file of at most %(size)s MB, %(rows)s rows and %(columns)s columns, without "
        "password and macros."
    ) % {
        "size": sheets.MOST_BYTES // 1_000_000,
        "rows": wording.number(sheets.MOST_ROWS),
        "columns": sheets.MOST_COLUMNS,
    }


class UploadForm(WorkForm):
    """A file, the office it is for, and where it comes from."""

    office = forms.ModelChoiceField(Office.objects.none(), label=gettext_lazy("Office"), empty_label=None)
    file = forms.FileField(label=gettext_lazy("File"), allow_empty_file=True, max_length=None)
    title = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Who sent it, for example the ministry or the municipality."),
    )
    creates = False

    def __init__(self, *args, kind: ImportKind, **kwargs):
        self.kind = kind
        super().__init__(*args, **kwargs)

    def prepare(self):
        """The offices where the right holds, and the limits in words."""
        reached = {pk for reach in self.user.reach(self.kind.permission) for pk in reach.office_ids}
        offices = Office.objects.filter(pk__in=reached, active=True).order_by("name")
        self.fields["office"].queryset = offices
        self.fields["file"].help_text = limits()

    def clean_file(self):
        """The limit of size is said before anything is read."""
        file = self.cleaned_data["file"]
        if file.size > sheets.MOST_BYTES:
            size, limit = round(file.size / 1_000_000, 1), sheets.MOST_BYTES // 1_000_000
            self.refuse(problems.Unreadable("file_too_large", size=wording.number(size), limit=limit))
        return file

    def refuse(self, refusal: problems.Unreadable) -> None:
        """Say at the file why it cannot be read, and what to do."""
        said = problems.say(problems.problem(refusal.code, **refusal.facts), {})
        self.add_error("file", f"{said.sentence} {said.remedy}".strip())


class ColumnsForm(WorkForm):
    """What each column of the file means. A kind of import adds its own questions (`own_fields`) and `options`."""

    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"))
    header_line = forms.IntegerField(label=gettext_lazy("Row of the header"), min_value=1, max_value=1_048_576)
    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"))
    separator = forms.ChoiceField(label=gettext_lazy("Separator"))

    def __init__(self, *args, kind: ImportKind, **kwargs):
        self.kind = kind
        self.params: dict[str, Any] = kwargs["record"].params
        super().__init__(*args, **kwargs)

    def prepare(self):
        """A choice for each column of the file."""
        params = self.params
        for name in ("sheet", "header_line", "encoding", "separator"):
            self.initial.setdefault(name, params.get(name))
        if params["file_kind"] == "xlsx":
            # By its place: a name may hold spaces that a form trims.
            self.fields["sheet"].choices = [(str(place), name) for place, name in enumerate(params["sheets"])]
            self.initial["sheet"] = str(params["sheets"].index(params["sheet"]))
            del self.fields["encoding"], self.fields["separator"]
        else:
            del self.fields["sheet"]
            encodings = dict.fromkeys((params["encoding"], *ENCODINGS))
            self.fields["encoding"].choices = [(name, name) for name in encodings]
            self.initial["separator"] = params["separator"].replace("\t", TAB)
            separators = dict.fromkeys(sign.replace("\t", TAB) for sign in (params["separator"], *SEPARATORS))
            names = [(sign, str(_SEPARATOR_NAMES.get(sign, sign))) for sign in separators]
            self.fields["separator"].choices = names
        choices = [(UNREAD, _("do not read")), *((code, str(label)) for code, label in self.kind.columns.items())]
        for place, (header, code) in enumerate(zip(params["header"], params["mapping"], strict=True)):
            label = header or _("Column %(number)s") % {"number": place + 1}
            self.fields[f"column_{place}"] = forms.ChoiceField(label=label, choices=choices, initial=code or UNREAD)

    def columns(self) -> list[dict]:
        """The columns as the page shows them: the field, and some of the values below it."""
        return [
            {"field": self[f"column_{place}"], "samples": self.params["samples"][place]}
            for place in range(len(self.params["header"]))
        ]

    def settings(self) -> list:
        """The fields that say how the file is written."""
        return [self[name] for name in ("sheet", "header_line", "encoding", "separator") if name in self.fields]

    def other_sheet(self) -> str:
        """The name of the sheet that was chosen instead of the present one, or ""."""
        place = self.cleaned_data.get("sheet")
        name = self.params["sheets"][int(place)] if place else ""
        return name if name != self.params["sheet"] else ""

    def own_fields(self) -> list[tuple[str, list[str]]]:
        """Further questions of the kind: title of the group, names of its fields."""
        return []

    def own_groups(self) -> list[dict]:
        """The same with the fields themselves."""
        return [
            {"title": title, "fields": [self[name] for name in names if name in self.fields]}
            for title, names in self.own_fields()
        ]

    def mapping(self) -> list[str]:
        """The column code of each column of the file, "" for those that are not read."""
        chosen = (self.cleaned_data.get(f"column_{place}", "") for place in range(len(self.params["header"])))
        return ["" if code == UNREAD else code for code in chosen]

    def clean(self):
        """Each column stands for something else, and none that is needed is missing: all of it is named at once."""
        cleaned = super().clean()
        mapping = self.mapping()
        for place, code in enumerate(mapping):
            if code and mapping.index(code) < place:
                first = self.params["header"][mapping.index(code)]
                self.add_error(
                    f"column_{place}", _("The column “%(other)s” stands for this already.") % {"other": first}
                )
        missing = missing_columns(self.kind, mapping)
        if missing:
            self.add_error(
                None,
                _("These columns are needed and no column of the file stands for them: %(columns)s.")
                % {"columns": ", ".join(missing)},
            )
        return cleaned

    def options(self) -> dict[str, Any]:
        """The answers that the kind keeps with the batch."""
        return {}
