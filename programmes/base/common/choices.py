"""Choosing a record by its public identifier, never by its key."""

import uuid

from django import forms
from django.core.exceptions import ValidationError


def is_identifier(value) -> bool:
    """Whether the value reads as a public identifier (a UUID)."""
    try:
        uuid.UUID(str(value))
    except ValueError:
        return False
    return True


def read_once(field):
    """Have a page read the rows of a field once: Django asks for their number and the first of them, too."""
    field.widget.choices = list(iter(field.choices))


class RecordChoice(forms.ModelChoiceField):
    """One record of the queryset. What is no identifier is no choice, in the same words as a foreign one."""

    def __init__(self, queryset, **kwargs):
        super().__init__(queryset, to_field_name="public_id", **kwargs)

    def to_python(self, value):
        """The record, or "choose one of the list"."""
        if value not in self.empty_values and not hasattr(value, "pk") and not is_identifier(value):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
        return super().to_python(value)


class RecordChoices(forms.ModelMultipleChoiceField):
    """Several records of the queryset."""

    def __init__(self, queryset, **kwargs):
        super().__init__(queryset, to_field_name="public_id", **kwargs)

    def clean(self, value):
        """The records, or which of the values is none."""
        for one in value or ():
            if not hasattr(one, "pk") and not is_identifier(one):
                raise ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": one}
                )
        return super().clean(value)
