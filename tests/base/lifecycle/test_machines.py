"""Every state machine: its table, the trigger made of it, and the engine agree on every pair of states."""

import pytest
from django.apps import apps
from django.db import connection, transaction

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle import guards
from programmes.base.lifecycle import models as lifecycle
from programmes.base.lifecycle.models import Lifecycle

MACHINES = [model for model in apps.get_models() if issubclass(model, Lifecycle)]
every_machine = pytest.mark.parametrize("model", MACHINES, ids=lambda model: model.__name__)
PAIRS = [
    (model, str(source), str(target))
    for model in MACHINES
    for source in model.MACHINE.states.values
    for target in model.MACHINE.states.values
    if source != target
]
# The only constant trigger name of every machine (lifecycle/machine.py).
TRIGGER = "pgtrigger_legal_moves_%"

TRY_EVERY_PAIR = """
    CREATE FUNCTION pg_temp.accepted(rel regclass, states text[]) RETURNS TABLE (source text, target text) AS $$
    DECLARE
        here text;
        there text;
    BEGIN
        FOREACH here IN ARRAY states LOOP
            FOREACH there IN ARRAY states LOOP
                EXECUTE format('DELETE FROM %s', rel);
                EXECUTE format('INSERT INTO %s (id, status) VALUES (1, $1)', rel) USING here;
                BEGIN
                    EXECUTE format('UPDATE %s SET status = $1', rel) USING there;
                    source := here;
                    target := there;
                    RETURN NEXT;
                EXCEPTION WHEN raise_exception THEN
                    NULL;
                END;
            END LOOP;
        END LOOP;
    END
    $$ LANGUAGE plpgsql
"""


def _bare(cursor, table):
    """Leave of a table, until the test rolls back, only its columns and the trigger of its machine."""
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'f', 'x', 'u')", [table]
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND attnotnull "
        "AND attname NOT IN ('id', 'status')",
        [table],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} ALTER COLUMN "{name}" DROP NOT NULL')
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor.execute(f'ALTER TABLE {table} ENABLE TRIGGER "{_trigger(cursor, table)}"')


def _trigger(cursor, table):
    cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE %s", [table, TRIGGER])
    names = [name for (name,) in cursor.fetchall()]
    assert len(names) == 1, f"{table} has {len(names)} triggers of a state machine"
    return names[0]


def test_every_machine_is_found():
    assert {model.MACHINE.name for model in MACHINES} >= {
        "enrolment",
        "employer",
        "demand",
        "position",
        "document",
        "medical",
        "permit",
        "contract",
        "placement",
        "return",
        "reintegration",
    }


def test_machines_have_names_of_their_own():
    names = [model.MACHINE.name for model in MACHINES]
    assert len(names) == len(set(names))


@every_machine
def test_trigger_of_the_machine_is_installed_and_on(model, db):
    with connection.cursor() as cursor:
        name = _trigger(cursor, model._meta.db_table)
        cursor.execute(
            "SELECT tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = %s",
            [model._meta.db_table, name],
        )
        assert cursor.fetchone() == ("O",)


@every_machine
def test_trigger_accepts_by_raw_sql_exactly_the_moves_of_the_table(model, db):
    """All pairs of states, on the real table with the installed trigger."""
    states = [str(state) for state in model.MACHINE.states.values]
    with connection.cursor() as cursor:
        _bare(cursor, model._meta.db_table)
        cursor.execute(TRY_EVERY_PAIR)
        cursor.execute("SELECT * FROM pg_temp.accepted(%s::regclass, %s)", [model._meta.db_table, states])
        accepted = {tuple(row) for row in cursor.fetchall()}
    staying = {(state, state) for state in states}
    assert accepted - staying == set(model.MACHINE.pairs())
    assert staying <= accepted


@every_machine
def test_status_column_takes_only_states_of_the_machine(model, db):
    """A constraint in the database knows the same states as the table."""
    status = model._meta.get_field("status")
    assert {value for value, _label in status.choices} == set(model.MACHINE.states.values)
    known = [c for c in model._meta.constraints if c.name.endswith("_status_known")]
    assert len(known) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [known[0].name])
        (definition,) = cursor.fetchone()
    assert all(f"'{state}'" in definition for state in model.MACHINE.states.values)


@every_machine
def test_states_and_reasons_of_the_table_exist(model):
    machine = model.MACHINE
    states = set(machine.states.values)
    for source, targets in machine.moves.items():
        assert {str(source), *map(str, targets)} <= states
        assert source not in targets
    for wanted in machine.reasons:
        assert (wanted in states) if isinstance(wanted, str) else machine.allows(*wanted)
    for group in machine.groups.values():
        assert set(group) <= states


@every_machine
def test_every_state_can_be_reached(model):
    """From the state a record begins in, following the table."""
    begin = str(model._meta.get_field("status").default)
    reached, ahead = set(), {begin}
    while ahead:
        reached |= ahead
        ahead = {str(t) for state in ahead for t in model.MACHINE.moves.get(state, ())} - reached
    assert reached == set(model.MACHINE.states.values)


@pytest.fixture
def engine(monkeypatch):
    """The engine with nothing behind it: no guards, no writing. Returns the diary lines it would write."""
    lines = []
    monkeypatch.setattr(guards, "missing_for", lambda *args, **kwargs: [])
    monkeypatch.setattr(guards, "follow", lambda *args, **kwargs: None)
    monkeypatch.setattr(lifecycle, "record", lambda subject, **facts: lines.append(facts))
    monkeypatch.setattr(Lifecycle, "save", lambda self, **kwargs: None)
    return lines


def _attempt(model, source, target, **words):
    with transaction.atomic():
        record = model(status=source)
        record.move_to(target, by=None, **words)
    return record


@every_machine
def test_engine_makes_exactly_the_moves_of_the_table(model, engine, db):
    for source, target in ((s, t) for m, s, t in PAIRS if m is model):
        if model.MACHINE.allows(source, target):
            assert _attempt(model, source, target, reason="because").status == target
        else:
            with pytest.raises(RuleBroken) as refusal:
                _attempt(model, source, target, reason="because")
            assert refusal.value.code == "illegal_move"
    assert len(engine) == len(model.MACHINE.pairs())


@every_machine
def test_engine_asks_for_a_reason_where_the_table_says_so(model, engine, db):
    for source, target in model.MACHINE.pairs():
        if model.MACHINE.needs_reason(source, target):
            for nothing in ("", "   "):
                with pytest.raises(RuleBroken) as refusal:
                    _attempt(model, source, target, reason=nothing)
                assert (refusal.value.code, refusal.value.field) == ("reason_needed", "reason")
        else:
            assert _attempt(model, source, target).status == target


@every_machine
def test_possible_moves_are_those_of_the_table_in_the_order_of_the_states(model):
    order = list(model.MACHINE.states.values)
    for state in order:
        moves = model(status=state).possible_moves()
        assert set(moves) == set(model.MACHINE.moves.get(state, ()))
        assert moves == sorted(moves, key=order.index)
