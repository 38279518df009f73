"""What is asked about a sheet of people beside its columns: how it is written, season, consent of its source."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.batches.import_forms import ColumnsForm
from programmes.base.common.forms import DayField
from programmes.base.rulebook.models import Code, Season
from programmes.journey.people.forms import ConsentFields


class PeopleColumnsForm(ColumnsForm, ConsentFields):
    """The columns of a sheet of people, and what holds for all of its rows."""

    date_style = forms.ChoiceField(
        label=gettext_lazy("Dates as text are written"),
        choices=[
            ("dmy", gettext_lazy("day, month, year: 27/03/1994")),
            ("mdy", gettext_lazy("month, day, year: 03/27/1994")),
            ("ymd", gettext_lazy("year, month, day: 1994/03/27")),
        ],
        initial="dmy",
    )
    short_years = forms.BooleanField(
        label=gettext_lazy("Years have two figures: 94 is 1994"), required=False, initial=False
    )
    m_is_woman = forms.ChoiceField(
        label=gettext_lazy("The letter M in the column of the sex is"),
        choices=[("", gettext_lazy("a man (F and M)")), ("1", gettext_lazy("a woman (H and M)"))],
        required=False,
    )
    nationality = forms.ChoiceField(label=gettext_lazy("Nationality where the cell is empty"), required=False)
    season = forms.ModelChoiceField(
        Season.objects.none(),
        label=gettext_lazy("Open a case for each in"),
        required=False,
        empty_label=gettext_lazy("no season: register the people only"),
    )
    on = DayField(label=gettext_lazy("Registered on"))
    owner = forms.ChoiceField(
        label=gettext_lazy("The cases belong to"),
        choices=[("", gettext_lazy("nobody yet")), ("me", gettext_lazy("me"))],
        required=False,
    )

    def prepare(self):
        """The seasons that the office takes cases in, and what was answered for such a sheet before."""
        super().prepare()
        remembered = {**self.params.get("remembered", {}), **self.params.get("options", {})}
        for name, value in remembered.items():
            if name not in {"consent", "on", "owner"}:
                self.initial.setdefault(name, value)
        consent = remembered.get("consent", {})
        for name in ("purposes", "mode", "language", "witness"):
            if consent.get(name):
                self.initial.setdefault(name, consent[name])
        self.prepare_consent()
        self.initial.setdefault("on", timezone.localdate())
        self.initial.setdefault("m_is_woman", "1" if _has_h(self.params) else "")
        countries = Code.objects.choices("country", blank=_("none: the row is wrong then"))
        self.fields["nationality"].choices = countries
        office = self.record.office
        self.fields["season"].queryset = (
            Season.objects.filter(active=True, programme__active=True, programme__offices=office)
            .select_related("programme")
            .order_by("programme__code", "-starts_on")
        )
        seasons = list(self.fields["season"].queryset[:2])
        if len(seasons) == 1:
            self.initial.setdefault("season", seasons[0])

    def own_fields(self) -> list[tuple[str, list[str]]]:
        """How it is written, what is done with it, and the consent that allows it."""
        return [
            (_("How it is written"), ["date_style", "short_years", "m_is_woman", "nationality"]),
            (_("Cases"), ["season", "on", "owner"]),
            (_("Consent that the source obtained"), list(self.CONSENT)),
        ]

    def clean_on(self):
        """Nobody is registered tomorrow."""
        on = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise forms.ValidationError(_("The day lies in the future."))
        return on

    def clean(self):
        """A case needs a consent that holds on the day it is opened."""
        cleaned = super().clean()
        given, expires, on = cleaned.get("given_on"), cleaned.get("expires_on"), cleaned.get("on")
        if cleaned.get("season") and given and on and (given > on or (expires and expires < on)):
            self.add_error("given_on", _("The consent does not hold on the day the cases are registered."))
        return cleaned

    def options(self) -> dict[str, Any]:
        """The answers, as they are kept with the batch."""
        given = self.cleaned_data
        return {
            "date_style": given["date_style"],
            "short_years": given["short_years"],
            "m_is_woman": given["m_is_woman"],
            "nationality": given["nationality"],
            "season": given["season"].pk if given["season"] else None,
            "on": given["on"].isoformat(),
            "owner": self.user.pk if given["owner"] == "me" else None,
            "consent": {
                name: given[name].isoformat() if name in {"given_on", "expires_on"} and given[name] else given[name]
                for name in self.CONSENT
            },
        }


def _has_h(params: dict[str, Any]) -> bool:
    """Whether the values shown of the column of the sex hold an H, so that M is a woman."""
    if "sex" not in params["mapping"]:
        return False
    seen = {value.strip().upper() for value in params["samples"][params["mapping"].index("sex")]}
    return "H" in seen
