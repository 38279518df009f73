"""Forms of the configuration site for letters."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.papers import kinds
from programmes.base.papers.models import LetterTemplate
from programmes.base.papers.rules import pairing_problem, text_problems
from programmes.base.papers.words import languages
from programmes.base.rulebook.forms import VersionedForm
from programmes.base.rulebook.labels import KeepsOtherLanguages, LabelsField

LONGEST_TITLE, LONGEST_BODY = 120, 8000


def title_of(language: str) -> str:
    """The name of the box of a title."""
    return f"title_{language}"


def body_of(language: str) -> str:
    """The name of the box of a text."""
    return f"body_{language}"


class LetterTemplateForm(KeepsOtherLanguages, VersionedForm):
    """A template with a title and a text in each language; a field nobody knows is refused, and named."""

    names = LabelsField(label=gettext_lazy("names"))
    kind = forms.ChoiceField(
        label=gettext_lazy("sort of letter"), help_text=gettext_lazy("It decides which fields the text may use.")
    )

    class Meta:
        model = LetterTemplate
        fields = ["code", "kind", "names", "active"]
        help_texts = {
            "code": gettext_lazy("Short and for ever: small letters, digits and hyphens. It names the file."),
            "active": gettext_lazy("Take this away and nobody issues the letter any more. Issued ones stay."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            self.fields["kind"].choices = [("", "–"), *kinds.choices()]
        newest = self.instance.newest
        for language, said in languages().items():
            written = (newest.texts if newest else {}).get(language, {})
            self.fields[title_of(language)] = forms.CharField(
                label=format_lazy("{} ({})", gettext_lazy("Title"), said),
                initial=written.get("title", ""), max_length=LONGEST_TITLE, required=False,
                widget=forms.TextInput({"lang": language, "class": "vLargeTextField"}),
            )  # fmt: skip
            self.fields[body_of(language)] = forms.CharField(
                label=format_lazy("{} ({})", gettext_lazy("Text"), said),
                initial=written.get("body", ""), max_length=LONGEST_BODY, required=False,
                widget=forms.Textarea({"lang": language, "rows": 14, "class": "vLargeTextField"}),
            )  # fmt: skip

    def clean(self):
        """Judge every text: known fields only, both halves of a language, paragraphs that can stand side by side."""
        cleaned = super().clean()
        kind = kinds.KINDS.get(cleaned.get("kind") or self.instance.kind)
        texts = {}
        for language, name in languages().items():
            title, body = (
                cleaned.get(box, "").replace("\r\n", "\n").strip() for box in (title_of(language), body_of(language))
            )
            if bool(title) != bool(body):
                empty = body_of(language) if title else title_of(language)
                self.add_error(empty, _("Write title and text in %(language)s, or neither.") % {"language": name})
            elif title:
                texts[language] = {"title": title, "body": body}
            for box, text in ((title_of(language), title), (body_of(language), body)):
                for problem in text_problems(text, kind.fields if kind else ()) if kind else ():
                    self.add_error(box, problem)
        if not texts and not self.errors:
            raise ValidationError(_("Write the letter in at least one language."))
        pairing = pairing_problem({language: text["body"] for language, text in texts.items()})
        if pairing and not self.errors:
            raise ValidationError(pairing)
        self.texts = texts
        return cleaned
