"""The form every page uses: clean text, an idempotency key when it creates, a version token when it edits."""

import hashlib
import json
import uuid

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext as _

from programmes.base.common import text

_MACHINERY = {"key", "version", "csrfmiddlewaretoken"}


class WorkForm(forms.Form):
    """What a person types on a page.

    Arguments beside Django's: `user`, who types; `record`, the record that is edited (None when one is created).
    The cleaned values without the machinery are `deed()`; `version_token()` is what the action must compare.
    """

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    creates = True
    # Saved on the server while it is typed (programmes/base/common/drafts.py): for forms that take minutes.
    keeps_draft = False

    def __init__(self, data=None, *args, user, record=None, **kwargs):
        initial = {"key": uuid.uuid4(), **(kwargs.pop("initial", None) or {})}
        if record is not None and hasattr(record, "version"):
            initial["version"] = record.version
        self.user = user
        self.record = record
        super().__init__(data, *args, initial=initial, **kwargs)
        if data is not None:
            self.data = self._normalised(data)
        self.prepare()
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        layout = self.layout()
        if layout is not None:
            self.helper.layout = layout

    def prepare(self):
        """Fill the choices that depend on the user or the record."""

    def layout(self):
        """The crispy layout, or None for the fields in their order."""
        return

    def _normalised(self, data):
        clean = QueryDict(mutable=True)
        for name in data:
            field = self.fields.get(name.removeprefix(f"{self.prefix}-") if self.prefix else name)
            plain = isinstance(field, forms.IntegerField | forms.DateField | forms.DecimalField | forms.MultiValueField)
            values = data.getlist(name) if hasattr(data, "getlist") else [data[name]]
            for value in values:
                value = text.normalise(str(value))
                clean.appendlist(name, text.plain_digits(value) if plain or field is None else value)
        return clean

    def _clean_fields(self):
        super()._clean_fields()
        for name, bound in self._bound_items():
            raw = bound.data
            if not isinstance(raw, str) or name in self.errors:
                continue
            try:
                text.refuse_control_characters(raw)
                if isinstance(bound.field, forms.IntegerField) and "_" in raw:
                    raise ValidationError(_("Enter a whole number in digits, for example 1000."), code="invalid")
                if len(raw) > text.LONGEST_TEXT:
                    raise ValidationError(
                        _("This text has %(length)d characters; %(limit)d fit. Shorten it."),
                        params={"length": len(raw), "limit": text.LONGEST_TEXT},
                    )
            except ValidationError as refusal:
                self.add_error(name, refusal)

    def clean(self):
        """A creating form without its key, or an editing one without its token, is refused, never let through."""
        cleaned = super().clean()
        if self.record is not None and hasattr(self.record, "version") and not cleaned.get("version"):
            self.add_error(None, _("The page was incomplete. It has been prepared again: check and send once more."))
            self._renew("version", self.record.version)
        elif self.creates and self.record is None and not cleaned.get("key"):
            self.add_error(None, _("The page was incomplete. It has been prepared again: check and send once more."))
            self._renew("key", uuid.uuid4())
        return cleaned

    def _renew(self, name, value):
        self.data[self.add_prefix(name)] = str(value)

    def deed(self) -> dict:
        """The cleaned values that the action takes."""
        return {k: v for k, v in self.cleaned_data.items() if k not in _MACHINERY}

    def version_token(self) -> int | None:
        """The version the page was opened on."""
        return self.cleaned_data.get("version")

    def judge_later(self) -> None:
        """Show what is bound without a word about it: a draft that somebody goes on with is not finished."""
        self._errors, self.cleaned_data = ErrorDict(), {}

    def digest(self) -> str:
        """A fingerprint of what was typed, to tell a repeated send from a reused key."""
        typed = {k: self.data.getlist(k) for k in sorted(self.data) if k.split("-")[-1] not in _MACHINERY}  # type: ignore[attr-defined]
        return hashlib.sha256(json.dumps(typed, sort_keys=True).encode()).hexdigest()


class NearDate(forms.DateInput):
    """A native date field for days close by; the value is always ISO 8601."""

    input_type = "date"

    def __init__(self, **attrs):
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day close to today, ISO only (assurance.md §0 row 16: `01/02/2026` has two readings)."""

    widget = NearDate
    input_formats = ["%Y-%m-%d"]
    default_error_messages = {}

    def __init__(self, **kwargs):
        kwargs.setdefault("input_formats", ["%Y-%m-%d"])
        super().__init__(**kwargs)

    def to_python(self, value):
        if value in self.empty_values or not isinstance(value, str):
            return super().to_python(value)
        if "/" in value:
            raise ValidationError(
                _("“%(value)s” can be read in two ways. Write year-month-day, for example 2026-02-27."),
                params={"value": value[:20]},
                code="ambiguous",
            )
        day = super().to_python(value)
        if day and not 1900 <= day.year <= 2200:
            raise ValidationError(_("The year must lie between 1900 and 2200."), code="range")
        return day
