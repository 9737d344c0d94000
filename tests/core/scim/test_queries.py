"""What a query means: each comparison, and how they combine."""

import pytest

from bot.core.scim.queries import EVERYTHING, NOTHING, AllOf, AnyOf, Compare, Field, NoneOf, Op, fits

_VALUES: dict[Field, str | bool | None] = {
    Field.ID: "aB1",
    Field.USER_NAME: "Nia@Example.org",
    Field.ACTIVE: True,
    Field.EMAIL: "",
    Field.EMAIL_TYPE: None,
}


@pytest.mark.parametrize(
    ("field", "op", "value", "fitting"),
    [
        *((Field.USER_NAME, Op.EQ, "nia@example.ORG", True), (Field.USER_NAME, Op.EQ, "nia", False)),
        *((Field.USER_NAME, Op.NE, "nia@example.ORG", False), (Field.USER_NAME, Op.NE, "nia", True)),
        *((Field.USER_NAME, Op.CO, "@EXAMPLE", True), (Field.USER_NAME, Op.CO, "leo", False)),
        *((Field.USER_NAME, Op.SW, "NIA", True), (Field.USER_NAME, Op.SW, "org", False)),
        *((Field.USER_NAME, Op.EW, "ORG", True), (Field.USER_NAME, Op.EW, "nia", False)),
        *((Field.ID, Op.EQ, "aB1", True), (Field.ID, Op.EQ, "ab1", False), (Field.ID, Op.SW, "A", False)),
        *((Field.ID, Op.NE, "ab1", True), (Field.ID, Op.PR, "", True)),
        *((Field.EMAIL, Op.PR, "", False), (Field.EMAIL_TYPE, Op.PR, "", False)),
        *((Field.EMAIL, Op.NE, "x", True), (Field.EMAIL_TYPE, Op.NE, "x", True)),
        *((Field.EMAIL, Op.EQ, "", False), (Field.EMAIL_TYPE, Op.CO, "", False)),
        *((Field.ACTIVE, Op.EQ, True, True), (Field.ACTIVE, Op.EQ, False, False)),
        *((Field.ACTIVE, Op.NE, False, True), (Field.ACTIVE, Op.NE, True, False)),
        *((Field.ACTIVE, Op.EQ, "true", False), (Field.USER_NAME, Op.EQ, True, False)),
        (Field.ACTIVE, Op.PR, "", True),
    ],
)
def test_a_comparison_fits(field: Field, op: Op, value: str | bool, *, fitting: bool) -> None:
    assert fits(Compare(field, op, value), _VALUES.get) is fitting
    assert fits(NoneOf(Compare(field, op, value)), _VALUES.get) is not fitting


def test_every_some_and_none() -> None:
    yes, no = Compare(Field.ID, Op.PR), Compare(Field.EMAIL, Op.PR)
    for query, fitting in (
        *((EVERYTHING, True), (NOTHING, False), (AllOf((yes, yes)), True), (AllOf((yes, no)), False)),
        *(
            (AnyOf((no, no)), False),
            (AnyOf((no, yes)), True),
            (NoneOf(EVERYTHING), False),
            (NoneOf(NOTHING), True),
        ),
    ):
        assert fits(query, _VALUES.get) is fitting
