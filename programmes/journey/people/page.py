"""What a person's page shows beside the cases: documents, contact, household, background, consent, photo."""

from django.db.models import Exists, OuterRef, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.rulebook import codes
from programmes.base.rulebook.codes import label
from programmes.journey.people import photos
from programmes.journey.people.identity import HouseholdMember, Photo
from programmes.journey.people.models import Person


def with_marks(people, user):
    """The people with `has_photo`, `can_edit` and `can_open` (a case), in the query that reads them."""
    same = OuterRef("pk")

    def reached(right):
        return Exists(Person.objects.changeable_by(user, right).filter(pk=same)) if user.may(right) else Value(False)

    return people.annotate(
        has_photo=Exists(Photo.objects.filter(person=same)),
        can_edit=reached(Permission.PERSON_EDIT),
        can_open=reached(Permission.CASE_EDIT),
    )


def born_in_words(person: Person, *, full: bool = False) -> str:
    """The date of birth as exactly as it is known: the day, the year alone, or "about"."""
    if person.birth_precision == Person.BirthPrecision.YEAR:
        return str(person.birth_date.year)
    if person.birth_precision == Person.BirthPrecision.ESTIMATED:
        return _("about %(day)s") % {"day": wording.short_day(person.birth_date)}
    return (wording.full_day if full else wording.short_day)(person.birth_date)


def place_in_words(row) -> str:
    """A place from the smallest to the largest: of a person (the main one) or of an address."""
    parts = (getattr(row, "line", ""), row.community, row.municipality, label("subdivision", row.subdivision))
    return ", ".join(part for part in parts if part)


def names(person: Person) -> list[dict]:
    """The other ways in which the person is called, as they write them."""
    rows = [
        {"label": _("Married name"), "value": person.married_name},
        {"label": _("Name in its own script"), "value": person.native_name},
        {"label": _("Also known as"), "value": ", ".join(person.aliases)},
    ]
    return [row for row in rows if row["value"]]


def facts(person: Person) -> list[dict]:
    """The main facts in the side column."""
    birthplace = ", ".join(
        part for part in (person.birth_municipality, label("subdivision", person.birth_subdivision)) if part
    )
    rows = [
        *names(person),
        {"label": _("Date of birth"), "value": born_in_words(person, full=True)},
        {"label": _("Age"), "value": person.age_on(timezone.localdate())},
        {"label": _("Place of birth"), "value": birthplace},
        {"label": _("Sex"), "value": person.get_sex_display()},
        {
            "label": _("Nationality"),
            "value": ", ".join(label("country", code) for code in (person.nationality, *person.other_nationalities)),
        },
        {"label": _("Dependants"), "value": person.dependants},
        {
            "label": _("Emergency contact"),
            "value": " · ".join(str(part) for part in (person.emergency_name, person.emergency_relation) if part),
        },
    ]
    phone = person.emergency_phone
    if phone:
        rows.append({"label": _("Phone of the emergency contact"), "value": phone, "href": f"tel:{phone}"})
    return rows


def documents(person: Person, *, open_numbers: bool) -> list[dict]:
    """The identity documents, numbers masked for whoever does not work with them (domain.md 5, row 6)."""
    today = timezone.localdate()
    return [
        {
            "row": row,
            "title": label("document", row.kind),
            "number": row.number if open_numbers else row.masked,
            "country": label("country", row.country),
            "expired": not row.is_valid_on(today),
            "warning": row.warning,
        }
        for row in person.identities.all()
    ]


def phones(person: Person) -> list[dict]:
    """The main phone first, then the others, each with whose it is."""
    main = [{"number": person.phone, "what": _("Main phone")}] if person.phone else []
    return main + [
        {
            "row": row,
            "number": row.number,
            "what": " · ".join(
                part
                for part in (
                    label("phone_kind", row.kind),
                    row.whose,
                    _("messages too") if row.by_message else _("calls only"),
                )
                if part
            ),
        }
        for row in person.phones.all()
    ]


def addresses(person: Person) -> list[dict]:
    """The main place first, then the others."""
    place = place_in_words(person)
    main = [{"what": _("Main place"), "place": place, "span": ""}] if place else []
    return main + [
        {
            "row": row,
            "what": label("address_kind", row.kind),
            "place": ", ".join(part for part in (place_in_words(row), label("country", row.country)) if part),
            "span": _span(row.since, row.until),
        }
        for row in person.addresses.all()
    ]


def _span(since, until) -> str:
    if not since and not until:
        return ""
    return f"{wording.short_day(since) if since else '…'} – {wording.short_day(until) if until else '…'}"


def languages(person: Person) -> list[str]:
    """Each language with its level; the mother tongue says so."""
    said = []
    for code in person.languages:
        level = person.language_levels.get(code)
        notes = [label("language_level", level)] if level else []
        if code == person.mother_tongue:
            notes.append(_("mother tongue"))
        said.append(label("language", code) + (f" ({', '.join(notes)})" if notes else ""))
    return said


def background(person: Person) -> list[dict]:
    """Languages, education, work."""
    work = " · ".join(part for part in (label("isco", person.occupation), person.occupation_words) if part)
    years = person.experience_years
    experience = "" if years is None else ngettext("%(years)d year", "%(years)d years", years) % {"years": years}
    return [
        {"label": _("Languages"), "value": ", ".join(languages(person))},
        {"label": _("Education"), "value": label("isced", person.education)},
        {"label": _("Reading and writing"), "value": label("literacy", person.literacy)},
        {"label": _("Occupation"), "value": work},
        {"label": _("Experience"), "value": experience},
    ]


def household(person: Person, user) -> list[dict]:
    """Who belongs to the household, from both sides; a name leads to a record only where `user` may see it.

    Rows of other people that name this person are shown when the user may see those people.
    """
    rows = list(HouseholdMember.objects.filter(Q(person=person) | Q(other=person)))
    said = _("has this person in their household as: %(relation)s")
    wanted = {key for row in rows for key in (row.person_id, row.other_id) if key and key != person.pk}
    visible = Person.objects.visible_to(user).in_bulk(wanted) if wanted else {}
    own = [row for row in rows if row.person_id == person.pk]
    others = [row for row in rows if row.person_id in visible]
    return [_member(row, visible.get(row.other_id)) for row in own] + [
        {
            "name": visible[row.person_id].full_name,
            "href": visible[row.person_id].get_absolute_url(),
            "notes": [said % {"relation": label("relation", row.relation)}],
        }
        for row in others
    ]


def _member(row, other) -> dict:
    notes = [label("relation", row.relation)]
    if row.birth_year:
        notes.append(_("born %(year)d") % {"year": row.birth_year})
    if row.is_dependant:
        notes.append(_("dependant"))
    if not row.lives_together:
        notes.append(_("lives elsewhere"))
    return {
        "row": row,
        "name": other.full_name if other else row.name,
        "href": other.get_absolute_url() if other else "",
        "notes": notes,
    }


def purposes(consents) -> list[dict]:
    """For each purpose whether a consent to it is in force, was withdrawn, ran out, or was never given."""
    said = []
    for code, words in codes.in_force("consent_purpose"):
        about = [consent for consent in consents if code in consent.purposes]
        held = [consent for consent in about if consent.is_in_force]
        if held:
            ends = None if any(c.expires_on is None for c in held) else max(c.expires_on for c in held)
            tone, state = "done", (
                _("In force until %(day)s") % {"day": wording.short_day(ends)} if ends else _("In force")
            )  # fmt: skip
        elif not about:
            tone, state = "neutral", _("Not given")
        elif any(consent.withdrawn_at for consent in about):
            tone, state = "problem", _("Withdrawn")
        else:
            tone, state = "waiting", _("Expired")
        said.append({"purpose": words, "tone": tone, "state": state})
    return said


def photo(person: Person, consents) -> dict | None:
    """The addresses of the photo, while a consent to it is in force; None otherwise. Reads `person.has_photo`."""
    agreed = any(photos.PURPOSE in consent.purposes and consent.is_in_force for consent in consents)
    if not (person.has_photo and agreed):  # type: ignore[attr-defined]
        return None
    return {
        "src": reverse("people:photo", args=[person.public_id]),
        "small": reverse("people:thumbnail", args=[person.public_id]),
    }
