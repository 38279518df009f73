"""The files of a document or of an application: its pages, photographed or as PDF."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from programmes.base.files.models import StoredFile
from programmes.journey.departure.models import Document, Permit
from programmes.journey.departure.rules import WITHOUT_SCANS


class ScanQuerySet(models.QuerySet):
    """Pages, with the file of each."""

    def of_case(self, enrolment):
        """Those of the person's documents, wherever they were recorded, and of the case's own applications."""
        mine = Q(document__person=enrolment.person_id) | Q(permit__enrolment=enrolment)
        return self.filter(mine).select_related("file").order_by("pk")


class Scan(models.Model):
    """One file of a document, or of an application for a visa or permit."""

    file = models.OneToOneField(StoredFile, verbose_name=_("file"), on_delete=models.CASCADE, related_name="scan")
    document = models.ForeignKey(
        Document, verbose_name=_("document"), on_delete=models.CASCADE, null=True, related_name="scans"
    )
    permit = models.ForeignKey(
        Permit, verbose_name=_("application"), on_delete=models.CASCADE, null=True, related_name="scans"
    )

    objects = ScanQuerySet.as_manager()

    class Meta:
        verbose_name = _("page of a document")
        verbose_name_plural = _("pages of documents")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(document__isnull=False, permit__isnull=True)
                | Q(document__isnull=True, permit__isnull=False),
                name="scan_of_one_paper",
                violation_error_message=_("A file belongs to one document or to one application."),
            )
        ]
        triggers = [
            # Of health only the result is kept (domain.md 2.2, stage 6), whoever sends the paper.
            pgtrigger.Trigger(
                name="no_medical_papers",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("document_id"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM programmes_document d
                        WHERE d.id = NEW.document_id AND d.type = ANY('{types}')
                    ) THEN
                        RAISE EXCEPTION 'Medical papers are not kept here, only their result.' USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """.replace("types", ",".join(sorted(WITHOUT_SCANS))),
            )
        ]

    def __str__(self):
        return self.file.name
