"""What people type about a batch."""

from programmes.base.common.forms import WorkForm


class DeedForm(WorkForm):
    """A deed on a batch that needs no words: only the version on which it was decided."""
