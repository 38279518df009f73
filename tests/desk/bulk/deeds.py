"""A deed on many cases, as a browser asks for it and a worker carries it out."""

from django.urls import reverse

from programmes.base.batches import actions as batches
from programmes.base.batches import runner
from programmes.base.batches.states import RowState
from programmes.models import Batch


def address(deed):
    return reverse("bulk:deed", args=[deed])


def preview(client, deed, cases=(), *, q="view=all", everything=False, **typed):
    """Tick, fill the form in, get the batch: two requests, as a browser without script makes them."""
    picked = {"all": "1", "q": q} if everything else {"pick": [str(c.public_id) for c in cases], "q": q}
    form = client.post(address(deed), picked)
    assert form.status_code == 200, form.status_code
    fields = form.context["form"]
    sent = client.post(address(deed), {"selection": fields["selection"].value(), "key": fields["key"].value(), **typed})
    if sent.status_code != 302:
        return sent
    return Batch.objects.get(public_id=sent["Location"].rstrip("/").rsplit("/", 1)[1])


def run(batch, deed="start"):
    getattr(batches, deed)(batch, by=batch.created_by)
    runner.work(batch.pk)
    return Batch.objects.get(pk=batch.pk)


def reasons(batch):
    rows = batch.rows.filter(state__in=[RowState.SKIPPED, RowState.STUCK, RowState.FAILED])
    return {row.subject_id: row.problems[-1]["code"] for row in rows}
