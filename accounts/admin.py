"""The configuration site's pages for users, offices and memberships."""

from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import invitations
from accounts.adapter import recently_signed_in
from accounts.admin_base import ConfigurationAdmin, ConfigurationInline
from accounts.forms import clean_name
from accounts.models import Membership, Office, OfficeHoliday, User
from accounts.offices import default_working_days
from accounts.places import country_choices, zone_choices
from accounts.roles import Permission

WEEKDAYS = [
    (0, gettext_lazy("Monday")),
    (1, gettext_lazy("Tuesday")),
    (2, gettext_lazy("Wednesday")),
    (3, gettext_lazy("Thursday")),
    (4, gettext_lazy("Friday")),
    (5, gettext_lazy("Saturday")),
    (6, gettext_lazy("Sunday")),
]


def ask_again_before_granting(request):
    """Send to the password page whoever signed in more than ten minutes ago: giving rights is a sensitive act."""
    if not recently_signed_in(request):
        raise ReauthenticationRequired


class _WithProgrammes:
    """Programmes are chosen in the form, although each choice is a row of its own (row history sees it)."""

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        """Return boxes to tick: there are few programmes, and Django's admin leaves such a relation out."""
        return db_field.formfield(widget=forms.CheckboxSelectMultiple, **kwargs)


class MembershipForm(forms.ModelForm):
    """A membership; nobody gives one to themselves."""

    class Meta:
        model = Membership
        fields = ["user", "office", "role", "programmes", "valid_from", "valid_to"]

    giver: User | None = None

    def clean_user(self):
        """Refuse the administrator's own name."""
        user = self.cleaned_data["user"]
        if self.giver is not None and user.pk == self.giver.pk:
            raise ValidationError(_("You cannot change your own roles. Ask another administrator."))
        return user


class MembershipRowForm(forms.ModelForm):
    """A membership on the page of its user."""

    class Meta:
        model = Membership
        fields = ["office", "role", "programmes", "valid_from", "valid_to"]


class _NotOnes:
    """Whoever manages users cannot touch their own memberships."""

    permission = Permission.USERS_MANAGE

    def has_change_permission(self, request, obj=None):
        """Own memberships are read-only."""
        return super().has_change_permission(request, obj) and not self._is_own(request, obj)

    def has_delete_permission(self, request, obj=None):
        """Own memberships stay."""
        return super().has_delete_permission(request, obj) and not self._is_own(request, obj)

    def _is_own(self, request, obj):
        owner = obj if isinstance(obj, User) else getattr(obj, "user", None)
        return owner is not None and owner.pk == request.user.pk


class MembershipInline(_NotOnes, _WithProgrammes, ConfigurationInline):
    """Roles on the page of the user; the parent object is the user."""

    model = Membership
    form = MembershipRowForm
    autocomplete_fields = ["office"]

    def has_add_permission(self, request, obj=None):
        """Nobody gives a role to themselves."""
        return super().has_add_permission(request, obj) and not self._is_own(request, obj)

    def get_queryset(self, request):
        """Read what the rows name in the same query."""
        return super().get_queryset(request).select_related("office", "user").prefetch_related("programmes")


@admin.register(User)
class UserAdmin(ConfigurationAdmin):
    """Users. Passwords are never seen or set here: a new user gets a letter with a link."""

    permission = Permission.USERS_MANAGE
    list_display = ["full_name", "email", "is_active", "has_factor", "last_seen_at"]
    list_filter = [
        "is_active",
        "language",
        "memberships__role",
        ("memberships__office", admin.RelatedOnlyFieldListFilter),
    ]
    search_fields = ["full_name", "email"]
    readonly_fields = ["created_at", "last_login", "last_seen_at", "factors"]
    fieldsets = [
        (None, {"fields": ["full_name", "email", "is_active"]}),
        (gettext_lazy("Language and time"), {"fields": ["language", "time_zone", "digest_on", "digest_hour"]}),
        (gettext_lazy("Signing in"), {"fields": ["factors", "last_login", "last_seen_at", "created_at"]}),
    ]
    inlines = [MembershipInline]
    actions = ["invite_again", "end_sessions"]

    def get_queryset(self, request):
        """Know in the same query who has a second factor."""
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=["totp", "webauthn"])
        return super().get_queryset(request).annotate(_has_factor=Exists(factors))

    @admin.display(boolean=True, description=gettext_lazy("Second factor"))
    def has_factor(self, user):
        """Whether the user has set up a second factor."""
        return user._has_factor

    @admin.display(description=gettext_lazy("Second factor"))
    def factors(self, user):
        """The kinds of factors the user has set up."""
        kinds = Authenticator.objects.filter(user=user).order_by("type")
        return ", ".join(str(factor.get_type_display()) for factor in kinds) or _("No second factor yet")

    def get_readonly_fields(self, request, obj=None):
        """Nobody switches themselves off by mistake."""
        own = obj is not None and obj.pk == request.user.pk
        return [*super().get_readonly_fields(request, obj), *(["is_active"] if own else [])]

    def has_delete_permission(self, request, obj=None):
        """Users are deactivated, not deleted: their name stands in many diaries."""
        return False

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Ask for the password again before rights are given."""
        if request.method == "POST":
            ask_again_before_granting(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Let the time zone be chosen from a list."""
        if db_field.name == "time_zone":
            label, initial = capfirst(db_field.verbose_name), db_field.default
            return forms.ChoiceField(label=label, initial=initial, choices=zone_choices)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_form(self, request, obj=None, change=False, **kwargs):
        """Clean the name as the profile does."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.clean_full_name = lambda self: clean_name(self.cleaned_data["full_name"])
        return form

    def save_model(self, request, obj, form, change):
        """Save; a new user gets no password but an invitation letter."""
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            invitations.invite(obj)
            messages.info(request, _("An invitation letter to %(email)s is on its way.") % {"email": obj.email})

    @admin.action(description=gettext_lazy("Send a new invitation"))
    def invite_again(self, request, queryset):
        """Send a new link to users who have not chosen a password yet, or have lost theirs."""
        users = list(queryset.filter(is_active=True))
        for user in users:
            invitations.invite(user)
        sentence = ngettext("%(count)d letter is on its way.", "%(count)d letters are on their way.", len(users))
        messages.info(request, sentence % {"count": len(users)})

    @admin.action(description=gettext_lazy("End all sessions"))
    def end_sessions(self, request, queryset):
        """Sign the chosen users out everywhere."""
        for user in queryset:
            user.end_sessions()
        messages.info(request, _("The sessions were ended."))


@admin.register(Membership)
class MembershipAdmin(_NotOnes, _WithProgrammes, ConfigurationAdmin):
    """Who holds which role where: the list for reviewing rights."""

    form = MembershipForm
    list_display = ["user", "role", "office", "valid_from", "valid_to"]
    list_filter = ["role", ("office", admin.RelatedOnlyFieldListFilter), "user__is_active"]
    list_select_related = ["user", "office"]
    search_fields = ["user__full_name", "user__email", "office__name", "office__code"]
    autocomplete_fields = ["user", "office"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        """Tell the form who is giving."""
        form = super().get_form(request, obj, change=change, **kwargs)
        form.giver = request.user
        return form

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Ask for the password again before rights are given."""
        if request.method == "POST":
            ask_again_before_granting(request)
        return super().changeform_view(request, object_id, form_url, extra_context)


class OfficeForm(forms.ModelForm):
    """An office, its country and time zone from lists, its week as seven boxes."""

    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=country_choices, initial="GTM")
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=zone_choices, initial=Office._meta.get_field("time_zone").default
    )
    working_days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Working days"),
        coerce=int,
        choices=WEEKDAYS,
        initial=default_working_days,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Office
        fields = ["code", "name", "kind", "parent", "country", "time_zone", "working_days", "active"]


class OfficeHolidayInline(ConfigurationInline):
    """Days off of the office and those below it, beside its country's public holidays."""

    permission = Permission.USERS_MANAGE
    model = OfficeHoliday
    fields = ["day", "name"]


@admin.register(Office)
class OfficeAdmin(ConfigurationAdmin):
    """Offices and their calendars."""

    permission = Permission.USERS_MANAGE
    form = OfficeForm
    list_display = ["name", "code", "kind", "parent", "country", "time_zone", "active"]
    list_filter = ["kind", "active", "country"]
    list_select_related = ["parent"]
    search_fields = ["name", "code"]
    autocomplete_fields = ["parent"]
    inlines = [OfficeHolidayInline]
    ordering = ["path"]


@admin.register(OfficeHoliday)
class OfficeHolidayAdmin(ConfigurationAdmin):
    """All days off in one list."""

    permission = Permission.USERS_MANAGE
    list_display = ["day", "name", "office"]
    list_filter = [("office", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["office"]
    search_fields = ["name", "office__name"]
    autocomplete_fields = ["office"]
    fields = ["office", "day", "name"]
