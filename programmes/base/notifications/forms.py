"""What people choose about their letters."""

from django import forms

from programmes.base.common.forms import WorkForm
from programmes.base.notifications import actions
from programmes.base.notifications.kinds import CHOOSABLE, Channel


class PreferencesForm(WorkForm):
    """One choice of channel for each kind of letter that leaves a choice.

    It creates nothing and edits no record that somebody else could have changed meanwhile: sending it twice says
    the same thing twice, so it needs neither key nor version.
    """

    creates = False

    def prepare(self):
        """One field for each kind, with what holds now."""
        chosen = actions.preferences_of(self.user)
        for kind in self._concerning():
            if kind.can_be_stopped:
                self.fields[kind.code] = forms.ChoiceField(
                    label=kind.label,
                    choices=[(channel.value, channel.label) for channel in kind.channels],
                    initial=chosen[kind.code].value,
                    widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
                )

    def _concerning(self):
        """The kinds that may come to somebody in the roles of the reader."""
        return [kind for kind in CHOOSABLE if not kind.roles or kind.roles & self.user.roles]

    def rows(self):
        """The lines of the table: each kind with one cell for each channel.

        A cell is the button of its choice, True where the one way there is stands fixed, None where it is not offered.
        """
        return [(kind, self._cells(kind)) for kind in self._concerning()]

    def _cells(self, kind):
        if kind.code not in self.fields:
            return [(channel, channel in kind.channels or None) for channel in Channel]
        buttons = {option.data["value"]: option for option in self[kind.code]}
        return [(channel, buttons.get(channel.value)) for channel in Channel]
