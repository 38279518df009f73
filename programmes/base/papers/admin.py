"""The configuration site's page of letter templates: words beside the catalogue of fields, and a preview."""

from itertools import combinations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_base import ConfigurationAdmin
from programmes.base.papers import actions, composing, kinds, pdf
from programmes.base.papers.forms import LetterTemplateForm, body_of, title_of
from programmes.base.papers.models import LetterTemplate
from programmes.base.papers.words import languages


@admin.register(LetterTemplate)
class LetterTemplateAdmin(ConfigurationAdmin):
    """Letters: an edit makes a new edition, and letters that were issued keep theirs."""

    form = LetterTemplateForm
    change_form_template = "admin/programmes/lettertemplate/change_form.html"
    list_display = ["name_shown", "code", "kind_shown", "languages_shown", "edition_shown", "active"]
    list_filter = ["active"]
    search_fields = ["code", "names__es", "names__en"]

    def get_queryset(self, request):
        """Read the editions of all templates in one query."""
        return super().get_queryset(request).prefetch_related("editions")

    def get_fieldsets(self, request, obj=None):
        """Names and kind first, then each language in a part of its own."""
        first = ["opened", "names", "kind", "code", "active", *(["preview_link", "edition_shown"] if obj else [])]
        parts = [(name, {"fields": [title_of(language), body_of(language)]}) for language, name in languages().items()]
        return [(None, {"fields": first}), *parts]

    def get_form(self, request, obj=None, change=False, **kwargs):
        """All fields are declared in the form; those of the texts are no columns."""
        kwargs["fields"] = ["kind", "names", "active", *([] if obj else ["code"])]
        return super().get_form(request, obj, change, **kwargs)

    def get_readonly_fields(self, request, obj=None):
        """The code is in the names of files."""
        return [*super().get_readonly_fields(request, obj), *(["code", "preview_link", "edition_shown"] if obj else [])]

    def has_delete_permission(self, request, obj=None):
        """A template is taken out of use, not deleted: letters were issued from it."""
        return False

    @admin.display(description=gettext_lazy("name"), ordering="names__es")
    def name_shown(self, template):
        """The name in the reader's language."""
        return template.name

    @admin.display(description=gettext_lazy("sort of letter"), ordering="kind")
    def kind_shown(self, template):
        """The kind in words."""
        kind = kinds.KINDS.get(template.kind)
        return kind.title if kind else template.kind

    @admin.display(description=gettext_lazy("languages"))
    def languages_shown(self, template):
        """In which languages it is written."""
        newest = template.newest
        return ", ".join(newest.languages) if newest else ""

    @admin.display(description=gettext_lazy("edition"))
    def edition_shown(self, template):
        """The number of its newest edition."""
        newest = template.newest
        return newest.number if newest else ""

    @admin.display(description=gettext_lazy("preview"))
    def preview_link(self, template):
        """The way to the preview."""
        address = reverse("admin:programmes_lettertemplate_preview", args=[template.pk])
        return format_html('<a href="{}">{}</a>', address, _("See the saved letter with invented data"))

    def get_urls(self):
        """The preview stands beside the page of the template."""
        preview = self.admin_site.admin_view(self.preview)
        name = "programmes_lettertemplate_preview"
        return [path("<int:pk>/preview/", preview, name=name), *super().get_urls()]

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Show the closed catalogue of fields under the boxes: of its own kind, or of all while that is not chosen."""
        found = self.get_object(request, object_id) if object_id else None
        shown = [kind for kind in kinds.KINDS.values() if found is None or kind.code == found.kind]
        catalogue = [
            {
                "code": kind.code,
                "title": kind.title,
                "fields": [("{" + n + "}", f.label) for n, f in kind.fields.items()],
            }
            for kind in shown
        ]
        return super().changeform_view(request, object_id, form_url, {"catalogue": catalogue, **(extra_context or {})})

    def preview(self, request, pk):
        """The newest edition with invented data, two languages side by side; with `pdf` in the address as PDF, as
        letters are. Whoever issues a letter gets it from the worker."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        template = LetterTemplate.objects.filter(pk=pk).first()
        newest = template and template.newest
        if newest is None or template.kind not in kinds.KINDS:
            raise Http404
        asked = [language for language in request.GET.getlist("language") if language in newest.texts]
        shown = list(dict.fromkeys(asked or newest.languages))[:2]
        if "pdf" in request.GET:
            return self._made(composing.specimen_letter(kinds.KINDS[template.kind], newest.texts, shown), template)
        columns = composing.specimen(kinds.KINDS[template.kind], newest.texts, shown)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Preview of %(name)s") % {"name": template.name},
            "opts": self.opts,
            "template": template,
            "columns": columns,
            "shown": shown,
            "rows": list(zip(*([b | {"lang": c["lang"]} for b in c["blocks"]] for c in columns), strict=False)),
            "pairs": [
                {"languages": [one, other], "shown": [one, other] == shown}
                for one, other in combinations(newest.languages, 2)
            ],
        }
        return TemplateResponse(request, "admin/programmes/lettertemplate/preview.html", context)

    def _made(self, data, template):
        try:
            content = pdf.render_apart(data)
        except pdf.LayoutFailed:
            words = _(
                "No PDF can be made of this text. Save it again; if that does not help, tell whoever runs this server."
            )
            return HttpResponse(words, status=503, content_type="text/plain; charset=utf-8")
        name = f'inline; filename="{template.code}.pdf"'
        headers = {"Content-Disposition": name, "X-Content-Type-Options": "nosniff"}
        return HttpResponse(content, content_type="application/pdf", headers=headers)

    def save_model(self, request, obj, form, change):
        """Save the template, and its words as the next edition when they changed."""
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        actions.save_texts(obj, by=request.user, texts=form.texts)
