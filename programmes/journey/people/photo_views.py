"""The photo of a person: taken with consent, shown to whoever may see the person, removed."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page
from programmes.base.common.errors import RuleBroken
from programmes.base.common.forms import WorkForm
from programmes.base.common.limits import is_too_often
from programmes.base.common.storage import private_storage
from programmes.journey.people import photos
from programmes.journey.people.identity import Photo
from programmes.journey.people.views import changeable_person, visible_person

# A person has one photo, so a disk is filled only by changing them; a brigade takes fewer.
MOST_AN_HOUR = 120


class PhotoForm(WorkForm):
    """A picture from the phone's camera or its album."""

    file = forms.FileField(
        label=gettext_lazy("Photo"),
        help_text=gettext_lazy("JPEG, PNG or WebP, at most 10 MB. Where it was taken is not kept."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        allow_empty_file=True,
    )


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request, public_id):
    """Take a photo of the person, or another one instead of it."""
    person = changeable_person(request, public_id)
    sent = request.method == "POST"
    form = PhotoForm(request.POST if sent else None, request.FILES if sent else None, user=request.user)
    if sent and form.is_valid():
        done = _keep(request, form, person)
        if done:
            return done
    return form_page(
        request,
        form,
        "journey/people/photo.html",
        title=_("Photo of %(name)s") % {"name": person.full_name},
        cancel=person.get_absolute_url(),
        person=person,
        consents=photos.may_be_kept(person, timezone.localdate()),
        held=person.photos.exists(),
    )


def _keep(request, form, person):
    """Store the file first, outside any transaction; what no row names in the end is removed again."""
    if is_too_often(request.user, MOST_AN_HOUR, seconds=3600, what="photo"):
        form.add_error("file", _("You have sent %(most)d photos within an hour. Go on later.") % {"most": MOST_AN_HOUR})
        form.status = 429
        return None
    try:
        stored = photos.store(form.cleaned_data["file"])
    except RuleBroken as refusal:
        form.add_error("file", refusal.message)
        form.status = refusal.status
        return None
    try:
        return attempt(
            request,
            form,
            lambda: photos.put(person, by=request.user, stored=stored),
            done=_("The photo was saved."),
            to=person.get_absolute_url(),
        )
    finally:
        if not Photo.objects.filter(image=stored.image).exists():
            photos.discard(stored)


@requires(Permission.PERSON_EDIT)
@require_POST
def remove(request, public_id):
    """Remove the photo."""
    person = changeable_person(request, public_id)
    photos.remove(person, by=request.user)
    messages.success(request, _("It was removed."))
    return redirect(person)


@requires(Permission.PERSON_VIEW)
@require_safe
def photo(request, public_id):
    """The photo, as far as a consent to it is in force."""
    return _served(visible_person(request, public_id), "image")


@requires(Permission.PERSON_VIEW)
@require_safe
def thumbnail(request, public_id):
    """The same, small."""
    return _served(visible_person(request, public_id), "thumbnail")


def _served(person, which):
    newest = person.photos.first()
    if newest is None or not photos.may_be_kept(person, timezone.localdate()):
        raise Http404
    try:
        with private_storage().open(getattr(newest, which)) as file:
            content = file.read()  # a few hundred kilobytes at most: photos are encoded anew
    except FileNotFoundError as error:
        raise Http404 from error
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": 'inline; filename="photo.jpg"'}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)
