"""The text of a letter: its blocks, its fields, its code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.base.papers import kinds, rules, shipped
from programmes.base.papers.rules import Block, blocks_of, code_shown, code_typed, filled, new_code, text_problems

WORDS = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs", "Cc"]), max_size=30)


def test_text_falls_into_paragraphs_headings_items_and_facts():
    text = "One line\nand another.\n\n# Terms\nWage | {wage}\n- first\n- second\nEnd."
    assert blocks_of(text) == [
        Block("paragraph", "One line\nand another."),
        Block("heading", "Terms"),
        Block("fact", "{wage}", "Wage"),
        Block("item", "first"),
        Block("item", "second"),
        Block("paragraph", "End."),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dear {worker_nme}", ["There is no field {worker_nme}. Did you mean {worker_name}?"]),
        ("{salary}", ["There is no field {salary} in this kind of letter."]),
        ("Dear {worker_name}, {} and {Worker_Name}", ["{}", "{Worker_Name}"]),
        ("Dear {worker_name", ["A brace stands alone near “Dear {worker_na"]),
        ("{worker_name}}", ["A brace stands alone"]),
        ("Dear {worker_name}, {wage}", []),
    ],
)
def test_unknown_fields_are_named(text, said):
    problems = text_problems(text, ["worker_name", "wage"])
    assert len(problems) == len(said)
    assert all(words in problem for words, problem in zip(said, problems, strict=True))


@given(WORDS, WORDS, st.text(max_size=40))
def test_values_are_put_in_once_whatever_they_look_like(before, after, value):
    assert filled(f"{before}{{worker_name}}{after}", {"worker_name": value}) == f"{before}{value}{after}"


def test_texts_that_cannot_stand_side_by_side_are_refused_with_the_place():
    same = {"es": "Uno\n\n- dos", "fr": "Un\n\n- deux", "en": ""}
    assert rules.pairing_problem(same) is None
    problem = rules.pairing_problem({**same, "en": "One\n\nTwo"})
    assert "ES" in problem
    assert "EN" in problem
    assert "block 2" in problem


@pytest.mark.parametrize("code", ["0123456789ABCDEF", "1100VWXYZ0011000", ""])
def test_code_is_read_back_as_people_copy_it(code):
    code = code or new_code()
    assert len(code) == 16
    for typed in (
        code,
        code.lower(),
        code_shown(code),
        f" {code_shown(code)} ",
        code.replace("0", "o").replace("1", "l"),
    ):
        assert code_typed(typed) == code


@pytest.mark.parametrize("facts", shipped.letters(), ids=lambda facts: facts["code"])
def test_shipped_letters_pass_what_an_edited_one_must(facts):
    texts = {language: "\n".join(text["body"]) for language, text in facts["texts"].items()}
    assert set(texts) == {"es", "en", "fr"}
    assert rules.pairing_problem(texts) is None
    for language, body in texts.items():
        assert text_problems(body + facts["texts"][language]["title"], kinds.KINDS[facts["kind"]].fields) == []
    used = [set(rules.fields_in(body)) for body in texts.values()]
    assert used[0] == used[1] == used[2]
