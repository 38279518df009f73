"""Texts in several languages, written side by side instead of as JSON."""

from django import forms
from django.utils.translation import gettext_lazy as _

# The languages the screens speak, each under its own name. Texts in others are kept as they are.
LANGUAGES = {"es": "Español", "en": "English"}
MISSING = {"es": _("Write the text in Spanish too."), "en": _("Write the text in English too.")}


class LabelsWidget(forms.MultiWidget):
    """One box for each language; `name_es`, `name_en` in what the browser sends."""

    template_name = "base/rulebook/labels_widget.html"

    def __init__(self, attrs=None):
        boxes = {
            language: forms.TextInput({"lang": language, "maxlength": LabelsField.longest, **(attrs or {})})
            for language in LANGUAGES
        }
        super().__init__(boxes)

    def decompress(self, value):
        """The text of each language, or nothing."""
        return [(value or {}).get(language, "") for language in LANGUAGES]

    def get_context(self, name, value, attrs):
        """Give each box the name of its language, in that language."""
        context = super().get_context(name, value, attrs)
        for box, language in zip(context["widget"]["subwidgets"], LANGUAGES.items(), strict=True):
            box["language"], box["language_name"] = language
        return context


class LabelsField(forms.MultiValueField):
    """An object {"es": …, "en": …}. Both languages are asked for; an error says which one is missing."""

    widget = LabelsWidget
    longest = 200

    def __init__(self, **options):
        boxes = [
            forms.CharField(max_length=self.longest, error_messages={"incomplete": MISSING[language]})
            for language in LANGUAGES
        ]
        options.setdefault("error_messages", {"required": _("Write the text in Spanish and in English.")})
        super().__init__(boxes, require_all_fields=False, **options)

    def clean(self, value):
        """Spaces are no text."""
        return super().clean([text.strip() if isinstance(text, str) else text for text in value or []])

    def compress(self, data_list):
        """The object to store."""
        return dict(zip(LANGUAGES, data_list, strict=True)) if data_list else {}


class KeepsOtherLanguages:
    """A form whose texts may exist in further languages: these stay when Spanish and English are edited."""

    def _clean_fields(self):
        super()._clean_fields()
        for name, field in self.fields.items():
            if isinstance(field, LabelsField) and self.cleaned_data.get(name):
                self.cleaned_data[name] = {**(self.initial.get(name) or {}), **self.cleaned_data[name]}
