"""What is chosen when a letter is issued, and said when it is withdrawn."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from programmes.base.papers.kinds import KINDS
from programmes.base.papers.models import LetterTemplate
from programmes.base.papers.words import languages
from programmes.journey.departure.forms import DeedForm


class IssueForm(DeedForm):
    """Which letter, and in which one or two languages."""

    template = forms.ModelChoiceField(
        label=_("Letter"), queryset=LetterTemplate.objects.none(), widget=forms.RadioSelect
    )
    language = forms.ChoiceField(label=_("Language"))
    second = forms.ChoiceField(
        label=_("Beside it"), required=False, help_text=_("The same text in another language, side by side.")
    )

    def prepare(self):
        """Offer the letters in use, each with the languages it is written in; one letter is chosen already."""
        usable = LetterTemplate.objects.filter(active=True, kind__in=KINDS).prefetch_related("editions")
        field = self.fields["template"]
        field.queryset = usable
        field.empty_label = None
        names = languages()
        field.label_from_instance = lambda template: "{} ({})".format(
            template.name, ", ".join(names.get(code, code) for code in template.newest.languages)
        )
        spoken = [(code, name) for code, name in names.items()]
        self.fields["language"].choices = spoken
        self.fields["language"].initial = get_language() if get_language() in names else "es"
        self.fields["second"].choices = [("", gettext("Only one language")), *spoken]

    def clean(self):
        """Two languages are two different ones, and the letter is written in both."""
        cleaned = super().clean()
        template, one, other = (cleaned.get(name) for name in ("template", "language", "second"))
        if one and one == other:
            self.add_error("second", ValidationError(gettext("Choose another language, or only one.")))
        for name in ("language", "second"):
            code = cleaned.get(name)
            if template and code and code not in template.newest.texts:
                written = ", ".join(languages().get(known, known) for known in template.newest.languages)
                self.add_error(name, gettext("This letter is written in: %(languages)s.") % {"languages": written})
        return cleaned

    def deed(self):
        """The languages as the deed takes them."""
        chosen = super().deed()
        return {"template": chosen["template"], "languages": [c for c in (chosen["language"], chosen["second"]) if c]}


class WithdrawLetterForm(DeedForm):
    """Why a letter no longer holds."""

    reason = forms.CharField(label=_("Reason"), max_length=60)


class RetryForm(DeedForm):
    """Only a button."""
