"""Files in a form: the phone's camera, and files from anywhere, several at once."""

from contextlib import contextmanager

from crispy_forms.layout import Field, Layout
from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from programmes.base.common.errors import RuleBroken
from programmes.base.common.forms import WorkForm
from programmes.base.common.limits import is_too_often
from programmes.base.files import storing
from programmes.base.files.rules import MOST_AT_ONCE, shown_name

# A case has 25 files at most, so a disk is filled only by sending what is refused; a day of scanning sends fewer.
MOST_AN_HOUR = 300
PICTURES = "image/jpeg,image/png,image/webp"


class ManyFiles(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """The files that were chosen, as a list."""

    def clean(self, data, initial=None):
        """Every one of them is there and has a name; what each is, its content decides later."""
        chosen = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if not chosen:
            super().clean(None, initial)
            return []
        if len(chosen) > MOST_AT_ONCE:
            raise ValidationError(
                ngettext(
                    "Send %(most)d file at once, and the others afterwards.",
                    "Send %(most)d files at once, and the others afterwards.",
                    MOST_AT_ONCE,
                ),
                params={"most": MOST_AT_ONCE},
            )
        return [super(FilesField, self).clean(one, initial) for one in chosen]


class TakesFiles(WorkForm):
    """A form with pages of a document. The deed gets them as `files`, stored (storing.Stored), while `keeping()`."""

    # On a phone this opens the camera itself; elsewhere it is one more way to choose a picture.
    photo = FilesField(
        label=gettext_lazy("Take a photo"),
        required=False,
        widget=ManyFiles(attrs={"accept": PICTURES, "capture": "environment"}),
        max_length=500,
        allow_empty_file=True,
    )
    pages = FilesField(
        label=gettext_lazy("Photos or PDF"),
        required=False,
        widget=ManyFiles(attrs={"accept": f"{PICTURES},application/pdf"}),
        help_text=gettext_lazy(
            "JPEG, PNG, WebP or PDF, at most 10 MB each, five at once. Where a photo was taken is not kept."
        ),
        max_length=500,
        allow_empty_file=True,
    )
    kept = forms.CharField(required=False, widget=forms.HiddenInput, max_length=4000)
    needs_files = False

    def layout(self):
        """The camera on phones only: elsewhere it would be the same as the other field."""
        return Layout(*(Field(name, wrapper_class="only-s") if name == "photo" else name for name in self.fields))

    def clean(self):
        """Some files, where they are all the form is about."""
        cleaned = super().clean()
        sent = self.uploads() or cleaned.get("kept")
        if self.needs_files and not sent and not {"photo", "pages"} & set(self.errors):
            self.add_error("pages", _("Choose a file, or take a photo."))
        return cleaned

    def uploads(self) -> list:
        """What was sent, whichever way."""
        return [*self.cleaned_data.get("photo", []), *self.cleaned_data.get("pages", [])]

    def clean_kept(self) -> list[storing.Stored]:
        """What came with an earlier try that was refused for something else."""
        try:
            return storing.taken_up(self.cleaned_data["kept"], self.user)
        except signing.BadSignature:
            self.add_error("pages", _("The files that came before are gone. Choose them once more."))
            return []

    @contextmanager
    def keeping(self):
        """Judge and store what was sent, for the deed inside; gives whether the deed may begin.

        Each refusal appears at the field. What is good is held for the next try when anything was refused, so that no
        photo is taken twice; after a deed nothing stays in the storage that no row names.
        """
        self._store()
        try:
            yield not self.errors
        finally:
            if self.errors:
                self._hold()
            else:
                storing.let_go(self.stored)

    def _store(self) -> None:
        uploads = self.uploads()
        self.stored = list(self.cleaned_data.get("kept") or [])
        for upload in uploads:
            if is_too_often(self.user, MOST_AN_HOUR, seconds=3600, what="file"):
                words = _("You have sent %(most)d files within an hour. Go on later.")
                self.add_error("pages", words % {"most": MOST_AN_HOUR})
                self.status = 429
                return
            try:
                self.stored.append(storing.store(upload))
            except RuleBroken as refusal:
                several = len(uploads) > 1
                self.add_error("pages", f"{shown_name(upload.name, '')}: {refusal}" if several else refusal.message)
                self.status = refusal.status

    def _hold(self) -> None:
        self.data[self.add_prefix("kept")] = storing.held(self.stored, self.user)
        if self.stored and "pages" in self.fields:
            names = ", ".join(one.name for one in self.stored)
            self["pages"].help_text = _("Kept already: %(names)s. Choose only what is missing.") % {"names": names}

    def deed(self) -> dict:
        """The cleaned values that the action takes; the files as they are stored."""
        values = {name: value for name, value in super().deed().items() if name not in {"photo", "pages", "kept"}}
        return values | {"files": self.stored}
