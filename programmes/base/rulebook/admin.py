"""The configuration site's pages of the rulebook: programmes with all that belongs to them, and code lists."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_base import ConfigurationAdmin, ConfigurationInline
from accounts.places import country_name
from accounts.roles import Permission
from programmes.base.rulebook import codes, inputs
from programmes.base.rulebook.catalogue import LISTS_OF_KINDS, STAGES
from programmes.base.rulebook.forms import (
    CatalogueFormSet,
    CodeForm,
    DeadlineForm,
    ProgrammeForm,
    ProtectingFormSet,
    RequirementForm,
    RuleValueForm,
    RuleValueFormSet,
    SeasonForm,
    is_used,
)
from programmes.base.rulebook.labels import LANGUAGES
from programmes.base.rulebook.lists import LISTS
from programmes.base.rulebook.models import Code, Deadline, Programme, Requirement, RuleValue, Season


class _OffersCodes:
    """A page on which requirements are written: their codes are offered while typing."""

    change_form_template = "admin/programmes/programme/change_form.html"

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Offer the codes that a requirement can name."""
        offered = Code.objects.filter(list__in=set(LISTS_OF_KINDS.values()), active=True)
        context = {"requirement_codes": offered, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)


class _Protected:
    """Rows of a page's table that may be deleted while no case depends on them."""

    formset = ProtectingFormSet

    def get_formset(self, request, obj=None, **kwargs):
        """Leave out Django's own refusal, which would list the cases by name; ours stands in ProtectingFormSet."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.hand_clean_DELETE = lambda form: None
        return formset

    def get_queryset(self, request):
        """Read the programme, which names its rows, in the same query."""
        return super().get_queryset(request).select_related("programme")


class SeasonInline(_Protected, ConfigurationInline):
    """The seasons, newest first."""

    model = Season
    form = SeasonForm
    fields = ["opened", "code", "starts_on", "ends_on", "active"]
    ordering = ["-starts_on"]


class RequirementInline(_Protected, ConfigurationInline):
    """What a case needs before each stage. The source is written on the requirement's own page."""

    model = Requirement
    form = RequirementForm
    fields = [
        "opened", "stage", "kind", "code", "labels", "waits_for", "lead_days", "margin_months", "order", "active",
    ]  # fmt: skip
    show_change_link = True


class _Catalogue(ConfigurationInline):
    """All that can be set, with its default; lines are neither added nor deleted, only answered or left empty."""

    formset = CatalogueFormSet
    can_delete = False
    template = "admin/catalogue_inline.html"

    @admin.display(description="")
    def what(self, row):
        """What is set, in words, with its help."""
        entry = self.form.catalogue.get(row.key)
        if entry is None:
            return ""
        return format_html('{} <span class="help">{}</span>', entry.label, entry.help)

    @admin.display(description=gettext_lazy("If empty"))
    def default(self, row):
        """What holds when the programme says nothing."""
        entry = self.form.catalogue.get(row.key)
        return (inputs.in_words(entry, entry.default) or _("no such rule")) if entry else ""


class RuleValueInline(_Catalogue):
    """The programme's own rules."""

    model = RuleValue
    form = RuleValueForm
    formset = RuleValueFormSet
    fields = ["key", "what", "value", "unit", "default", "valid_from", "valid_until", "nationality", "source"]
    readonly_fields = ["what", "unit", "default"]
    explanation = gettext_lazy(
        "A value holds for stays and work that begin from its first day to its last; an empty day leaves that side "
        "open. When a rule changes, write the new value with its first day on the empty line of the rule: what began "
        "before is judged as it was. Change a line itself only to correct a mistake. Of several values in force "
        "the one that began last holds, and one for a nationality goes before the one for all."
    )

    @admin.display(description=gettext_lazy("Unit"))
    def unit(self, row):
        """In which unit the value is written."""
        entry = self.form.catalogue.get(row.key)
        return entry.unit if entry else ""


class DeadlineInline(_Catalogue):
    """The programme's own lead times."""

    model = Deadline
    form = DeadlineForm
    fields = ["key", "what", "days", "default", "source"]
    readonly_fields = ["what", "default"]


@admin.register(Programme)
class ProgrammeAdmin(_OffersCodes, ConfigurationAdmin):
    """Programmes: a new one needs no developer."""

    form = ProgrammeForm
    list_display = ["name_shown", "code", "origin_shown", "destination_shown", "open_seasons", "active"]
    list_filter = ["active", "origin", "destination", ("offices", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["code", "names__es", "names__en"]
    autocomplete_fields = ["offices", "destination_office"]
    inlines = [SeasonInline, RequirementInline, RuleValueInline, DeadlineInline]
    history_parts = [Programme.offices.through, Season, Requirement, RuleValue, Deadline]
    fieldsets = [
        (None, {"fields": ["opened", "names", "code", "active"]}),
        (gettext_lazy("From where to where"), {"fields": [("origin", "destination"), "offices", "destination_office"]}),
        (gettext_lazy("Work and law"), {"fields": [("currency", "authorisation_kind"), "source"]}),
    ]

    def get_queryset(self, request):
        """Know in the same query how many seasons take new cases."""
        open_seasons = Count("seasons", filter=Q(seasons__active=True))
        return super().get_queryset(request).annotate(_open_seasons=open_seasons)

    @admin.display(description=gettext_lazy("name"), ordering="names__es")
    def name_shown(self, programme):
        """The name in the reader's language."""
        return programme.name

    @admin.display(description=gettext_lazy("country of origin"), ordering="origin")
    def origin_shown(self, programme):
        """The country's name."""
        return country_name(programme.origin)

    @admin.display(description=gettext_lazy("country of destination"), ordering="destination")
    def destination_shown(self, programme):
        """The country's name."""
        return country_name(programme.destination)

    @admin.display(description=gettext_lazy("seasons that take new cases"))
    def open_seasons(self, programme):
        """How many seasons take new cases."""
        return programme._open_seasons

    def get_readonly_fields(self, request, obj=None):
        """The code of a programme stands in exports and addresses: it does not change."""
        return [*super().get_readonly_fields(request, obj), *(["code"] if obj else [])]

    def has_delete_permission(self, request, obj=None):
        """A programme is never deleted: it stops taking new cases."""
        return False

    def save_model(self, request, obj, form, change):
        """Note who made it."""
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def save_formset(self, request, form, formset, change):
        """Note who made the rows of its tables."""
        for row in formset.extra_forms:
            if hasattr(row.instance, "created_by_id"):
                row.instance.created_by = request.user
        super().save_formset(request, form, formset, change)


class _OfProgramme(ConfigurationAdmin):
    """A row that belongs to a programme for good, and goes only while no case depends on it."""

    list_select_related = ["programme"]
    autocomplete_fields = ["programme"]

    def get_readonly_fields(self, request, obj=None):
        """The programme is chosen once."""
        return [*super().get_readonly_fields(request, obj), *(["programme"] if obj else [])]

    def has_delete_permission(self, request, obj=None):
        """Only while no case depends on it."""
        return super().has_delete_permission(request, obj) and (obj is None or not is_used(obj))

    def delete_view(self, request, object_id, extra_context=None):
        """Say why a row stays, without telling what uses it: that would be case content."""
        row = self.get_object(request, object_id)
        if row is not None and is_used(row):
            raise PermissionDenied(
                _("“%(row)s” is used by demands or cases and stays. Take away its tick “%(tick)s” instead.")
                % {"row": row, "tick": row._meta.get_field("active").verbose_name}
            )
        return super().delete_view(request, object_id, extra_context)

    def save_model(self, request, obj, form, change):
        """Note who made it."""
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)


@admin.register(Season)
class SeasonAdmin(_OfProgramme):
    """All seasons in one list."""

    form = SeasonForm
    list_display = ["code", "programme", "starts_on", "ends_on", "active"]
    list_filter = ["active", ("programme", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["code", "programme__code", "programme__names__es", "programme__names__en"]
    ordering = ["-starts_on", "programme__code", "pk"]
    fields = ["opened", "programme", "code", "starts_on", "ends_on", "active"]


class StageFilter(admin.SimpleListFilter):
    """Requirements before one stage."""

    title = gettext_lazy("needed to become")
    parameter_name = "stage"

    def lookups(self, request, model_admin):
        """The stages of a case."""
        return list(STAGES.items())

    def queryset(self, request, queryset):
        """Those before the chosen stage."""
        return queryset.filter(stage=self.value()) if self.value() else queryset


@admin.register(Requirement)
class RequirementAdmin(_OffersCodes, _OfProgramme):
    """All requirements in one list, and each with its source."""

    form = RequirementForm
    list_display = ["label_shown", "programme", "stage_shown", "kind", "code", "active"]
    list_filter = ["active", ("programme", admin.RelatedOnlyFieldListFilter), StageFilter, "kind", "waits_for"]
    search_fields = ["code", "labels__es", "labels__en"]
    ordering = ["programme__code", "stage", "order", "pk"]
    fieldsets = [
        (None, {"fields": ["opened", "programme", "labels", ("stage", "kind"), "code", "active"]}),
        (gettext_lazy("Who and when"), {"fields": ["waits_for", ("lead_days", "margin_months"), "order"]}),
        (gettext_lazy("For which stays"), {"fields": [("valid_from", "valid_until"), "source"]}),
    ]

    @admin.display(description=gettext_lazy("text for people"), ordering="labels__es")
    def label_shown(self, requirement):
        """What is asked for, in the reader's language."""
        return requirement.label

    @admin.display(description=gettext_lazy("needed to become"), ordering="stage")
    def stage_shown(self, requirement):
        """The stage's name."""
        return STAGES.get(requirement.stage, requirement.stage)


class ListFilter(admin.SimpleListFilter):
    """Codes of one list."""

    title = gettext_lazy("list")
    parameter_name = "list"

    def lookups(self, request, model_admin):
        """The lists, by name in the reader's language."""
        return sorted(((key, str(name)) for key, name in LISTS.items()), key=lambda choice: choice[1])

    def queryset(self, request, queryset):
        """Those of the chosen list."""
        return queryset.filter(list=self.value()) if self.value() else queryset


@admin.register(Code)
class CodeAdmin(ConfigurationAdmin):
    """Code lists. A code is never changed or deleted, because cases hold it; those of a standard are read-only."""

    permission = Permission.CODE_LIST_EDIT
    form = CodeForm
    list_display = ["label_shown", "code", "list_shown", "order", "active", "standard"]
    list_filter = [ListFilter, "active", "standard"]
    search_fields = ["code", "labels__es", "labels__en"]
    fields = ["list", "code", "labels", "order", "active", "source"]

    @admin.display(description=gettext_lazy("text"), ordering="labels__es")
    def label_shown(self, row):
        """The label in the reader's language."""
        return row.label

    @admin.display(description=gettext_lazy("list"), ordering="list")
    def list_shown(self, row):
        """The name of the list."""
        return LISTS.get(row.list, row.list)

    @admin.display(description=gettext_lazy("texts"))
    def texts(self, row):
        """The labels of a code that cannot be edited."""
        return " · ".join(row.labels[language] for language in [*LANGUAGES, *row.labels.keys() - LANGUAGES.keys()])

    def get_fields(self, request, obj=None):
        """Say that a code comes from a standard, and show its texts as text."""
        if obj and obj.standard:
            return ["list_shown", "code", "texts", "order", "active", "standard", "source"]
        return ["list_shown" if obj else "list", *super().get_fields(request, obj)[1:]]

    def get_readonly_fields(self, request, obj=None):
        """List and code stay what they are; a code of a standard stays altogether."""
        if obj is None:
            return []
        fixed = ["list_shown", "code"]
        return flatten_fieldsets([(None, {"fields": self.get_fields(request, obj)})]) if obj.standard else fixed

    def has_change_permission(self, request, obj=None):
        """Codes of a standard are looked at, not edited."""
        return super().has_change_permission(request, obj) and not (obj and obj.standard)

    def has_delete_permission(self, request, obj=None):
        """A code is taken out of force, not deleted: cases hold it."""
        return False

    def save_model(self, request, obj, form, change):
        """Save, and show the new label at once in this process; the others read it within a minute."""
        super().save_model(request, obj, form, change)
        codes.forget()
