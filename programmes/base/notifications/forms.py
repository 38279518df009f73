"""What people choose about their letters."""

from django import forms

from programmes.base.common.forms import WorkForm
from programmes.base.notifications import actions
from programmes.base.notifications.kinds import CHOOSABLE


class PreferencesForm(WorkForm):
    """One choice of channel for each kind of letter that leaves a choice.

    It creates nothing and edits no record that somebody else could have changed meanwhile: sending it twice says
    the same thing twice, so it needs neither key nor version.
    """

    creates = False

    def prepare(self):
        """One field for each kind, with what holds now."""
        chosen = actions.preferences_of(self.user)
        for kind in CHOOSABLE:
            if kind.can_be_stopped:
                self.fields[kind.code] = forms.ChoiceField(
                    label=kind.label,
                    choices=[(channel.value, channel.label) for channel in kind.channels],
                    initial=chosen[kind.code].value,
                    widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
                )

    def rows(self):
        """The lines of the table: each kind with its field, or None where there is nothing to choose."""
        return [(kind, self[kind.code] if kind.code in self.fields else None) for kind in CHOOSABLE]
