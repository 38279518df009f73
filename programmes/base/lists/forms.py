"""What people type about a list: its columns, the name of a view, why a file is taken out."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.common.forms import WorkForm
from programmes.base.lists.models import Export
from programmes.base.rulebook.models import Code, Programme


class ColumnsForm(WorkForm):
    """Which columns, and in which order."""

    creates = False
    columns = forms.MultipleChoiceField(label=_("Columns"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, available, shown, **kwargs):
        self.available, self.shown = available, shown
        super().__init__(*args, **kwargs)

    def prepare(self):
        """The columns of this list: those in use first, in their order, each with its place."""
        used = [column.code for column in self.shown]
        free = [column for column in self.available if not column.fixed]
        order = sorted(free, key=lambda c: used.index(c.code) if c.code in used else len(used) + free.index(c))
        self.order = [(column.code, column.label) for column in order]
        self.fields["columns"].choices = self.order
        self.initial.setdefault("columns", used)
        for place, column in enumerate(order, 1):
            name = f"place_{column.code}"
            self.fields[name] = forms.IntegerField(label=_("Place"), required=False, min_value=1, max_value=99)
            self.initial.setdefault(name, place)

    def rows(self):
        """For the page: box and place of each column."""
        chosen = set(self["columns"].value() or [])
        return [
            {"code": code, "label": label, "ticked": code in chosen, "place": self[f"place_{code}"]}
            for code, label in self.order
        ]

    def chosen(self) -> list[str]:
        """The columns in the order that was asked for; equal places stay as they stood."""
        codes = [code for code, _label in self.order]
        ticked = [code for code in codes if code in self.cleaned_data["columns"]]
        return sorted(ticked, key=lambda code: (self.cleaned_data.get(f"place_{code}") or 99, codes.index(code)))


class ViewForm(WorkForm):
    """A view under a name."""

    name = forms.CharField(label=_("Name"), max_length=60)
    share = forms.ChoiceField(label=_("Who sees it"), widget=forms.RadioSelect)
    pinned = forms.BooleanField(label=_("Show it on my tabs"), required=False, initial=True)
    home = forms.BooleanField(label=_("Open this list with it"), required=False)
    replace = forms.BooleanField(
        label=_("Replace my view of this name"),
        required=False,
        help_text=_("It keeps its place on the tabs of everybody who uses it, and shows this list from now on."),
    )

    def prepare(self):
        """Oneself, the offices where one works, and the programmes one reaches."""
        offices = Office.objects.filter(pk__in={row.office_id for row in self.user.current_memberships})
        programmes = Programme.objects.reachable_by(self.user, Permission.CASE_VIEW).running()
        mine = [("", _("Only me"))]
        mine += [
            (f"office:{o.public_id}", _("Everybody who works in %(office)s") % {"office": o.name})
            for o in offices.order_by("name")
        ]
        if self.user.may(Permission.PERSON_VIEW):
            mine += [
                (
                    f"programme:{p.public_id}",
                    _("Everybody who works in the programme “%(programme)s”") % {"programme": p.name},
                )
                for p in programmes
            ]
        self.fields["share"].choices = mine
        self.fields["share"].required = False
        self.offices, self.programmes = offices, programmes
        if self.record is not None:
            del self.fields["replace"]
            self.initial.setdefault("name", self.record.name)
            office, programme = self.record.office, self.record.programme
            kept = f"office:{office.public_id}" if office else f"programme:{programme.public_id}" if programme else ""
            self.initial.setdefault("share", kept)
            if kept not in dict(mine):
                # A manager may rename what somebody shared elsewhere, and leaves it there.
                self.fields["share"].choices = [*mine, (kept, str(office or programme))]

    def deed(self):
        """Name, and the office or programme it is shared with."""
        kind, _colon, key = self.cleaned_data["share"].partition(":")
        deed: dict = {"name": self.cleaned_data["name"], "office": None, "programme": None}
        if "replace" in self.fields:
            deed["replace"] = self.cleaned_data["replace"]
        if kind == "office":
            deed["office"] = Office.objects.get(public_id=key)
        elif kind == "programme":
            deed["programme"] = Programme.objects.get(public_id=key)
        return deed


class ExportForm(WorkForm):
    """What the file is for, and how it is wanted."""

    purpose = forms.ChoiceField(label=_("What is the file for?"))
    why = forms.CharField(
        label=_("In a sentence"),
        max_length=300,
        help_text=_("Who will use it, and until when. Write no names of persons here."),
    )
    format = forms.ChoiceField(
        label=_("Kind of file"), choices=Export.Format, initial=Export.Format.CSV, widget=forms.RadioSelect
    )
    mark = forms.BooleanField(
        label=_("For Excel: mark the CSV as UTF-8"), required=False, initial=True,
        help_text=_("Without the mark Excel shows accents wrongly. Other programs do without it."),
    )  # fmt: skip
    identified = forms.BooleanField(
        label=_("With names, documents and phones of the persons"),
        required=False,
        help_text=_("Only when the purpose cannot be met without them."),
    )

    def prepare(self):
        """The purposes in force; names only for whoever may ask for them."""
        self.fields["purpose"].choices = Code.objects.choices("export_purpose", blank="")
        if not self.user.may(Permission.EXPORT_IDENTIFIED):
            del self.fields["identified"]

    def deed(self):
        """Everything that was typed; without the right to names, without names."""
        return {"identified": False, **super().deed()}


class DecideForm(WorkForm):
    """A manager's word on a file with names."""

    decision = forms.ChoiceField(
        label=_("Decision"), choices=[("approve", _("Approve")), ("decline", _("Decline"))], widget=forms.RadioSelect
    )
    reason = forms.CharField(label=_("Why"), max_length=300, required=False)

    def clean(self):
        """Whoever is declined is told why."""
        cleaned = super().clean()
        if cleaned.get("decision") == "decline" and not cleaned.get("reason"):
            self.add_error("reason", _("Say why, so that the person can ask better."))
        return cleaned
