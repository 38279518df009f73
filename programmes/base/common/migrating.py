"""Migrations of many tables that do not take minutes."""

from collections.abc import Sequence

from django.db.migrations.operations.base import Operation


class Together(Operation):
    """Change many tables with one look at the models.

    Django draws all related models anew after each operation; with a hundred tables that refer to each other this is
    most of the time of a first start. Here the state is drawn once, when every operation is in it. So an operation may
    not need the state of a later one: a field of a new table stands in it from the beginning, and rows are moved by an
    operation of its own, behind this one.
    """

    reduces_to_sql = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label, state):
        """All of them at once; nothing is drawn between."""
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        """One after the other."""
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """One after the other, the last one first."""
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        """What `migrate` says."""
        return f"Change {len(self.operations)} things together"
