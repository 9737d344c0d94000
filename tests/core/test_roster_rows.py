"""Columns by whatever name, rows with all their errors, and addresses that are read as they always are."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.rosters import addresses, columns, exporting
from bot.core.rosters.columns import Column
from bot.core.rosters.rows import Problem, as_list, listed, read
from bot.core.rosters.sheet import Sheet

_PARTS = st.text(st.sampled_from("aZ09.+_-'!#@ \"é\u212a\u0131xn.INFO"), max_size=70)
_LOCALS = st.one_of(
    _PARTS, st.sampled_from(["info", "Postmaster", "a.b", "a..b", ".a", "a.", "a" * 64, "a" * 65])
)
_DOMAINS = st.one_of(
    _PARTS,
    st.sampled_from(["example.org", "EXAMPLE.org", "localhost", "a.test", "xn--bcher-kva.de", "bücher.de"]),
    st.sampled_from(
        ["[127.0.0.1]", "a-.org", "-a.org", "a.b", "1.2", "a_b.org", "a.org.", "a." * 120 + "org"]
    ),
)


@given(st.one_of(st.builds("{}@{}".format, _LOCALS, _DOMAINS), st.text(max_size=30), st.emails()))
@example(" nia@example.org ")
@example("Nia <nia@example.org>")
@example("a@b@example.org")
@example("a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".org")
def test_addresses_are_read_as_the_library_reads_them(typed: str) -> None:
    try:
        wanted = validate_email(typed.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        wanted = None
    assert addresses.read(typed) == wanted


def test_headers_are_understood_however_they_are_written() -> None:
    header = [
        "E-MAIL",
        " first_name",
        "Surname",
        "school",
        "ROLES",
        "Subject-Areas",
        "Grade",
        "M.I.",
        "State ID",
    ]
    found = columns.mapping([*header, "Shoe size", ""])
    assert [column for _, column in found.shown] == list(Column)
    assert found.unknown == ("Shoe size",)
    assert found.double == ()
    assert found.missing == ()
    for column in Column:
        assert columns.mapping([column.value]).shown == ((column.value, column),)


def test_columns_that_are_missing_or_double_are_told_before_any_row() -> None:
    found = read(Sheet("x", ("mail", "e-mail", "first"), (("nobody", "no", ""),)))
    assert [(one.place, one.column, one.problem, one.about) for one in found.errors] == [
        (0, Column.LAST_NAME, Problem.NO_COLUMN, ()),
        (0, Column.EMAIL, Problem.DOUBLE_COLUMN, ("mail", "e-mail")),
    ]


def test_a_table_without_rows_is_an_error() -> None:
    found = read(Sheet("x", ("email", "first name", "last name"), ()))
    assert [one.problem for one in found.errors] == [Problem.NO_ROWS]


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("a", ("a",)),
        ("a, b ,a", ("a", "b")),
        ("a; b, c", ("a", "b, c")),
        ("a|b\nc\r\nd", ("a", "b", "c", "d")),
        ("Maple, North;", ("Maple, North",)),
        (" ; , ", (",",)),
        ("", ()),
    ],
)
def test_lists_in_a_cell(cell: str, parts: tuple[str, ...]) -> None:
    assert listed(cell) == parts


@given(st.lists(st.text(st.sampled_from("ab ,é1"), min_size=1, max_size=6), max_size=4))
def test_a_list_that_is_written_is_read_back(parts: list[str]) -> None:
    once = listed(as_list(listed("|".join(parts))))
    assert once == listed("|".join(parts))


def test_rows_keep_their_numbers_and_leading_zeros() -> None:
    header = tuple(exporting.HEADER)
    rows = (
        ("nia@example.org", " Nia  Mae ", "O'Kafor", "", "", "", "", "m.", " 007 "),
        ("leo@example.org", "Leo", "Marsh", "Maple, Oak", "Staff", "Art,Art", "K;1", "", "0070"),
    )
    found = read(Sheet("x", header, rows, first_row=3, gaps=(4,)))
    assert not found.errors
    nia, leo = found.rows
    assert (nia.place, nia.first_name, nia.middle_initial, nia.educator_id) == (3, "Nia Mae", "M", "007")
    assert (leo.place, leo.organizations, leo.roles, leo.content_areas) == (
        5,
        ("Maple", "Oak"),
        ("Staff",),
        "Art",
    )
    assert exporting.cells(leo)[3:7] == ("Maple; Oak", "Staff", "Art", "K; 1")


def test_whoever_has_two_rows_has_one_id() -> None:
    header = ("email", "first name", "last name", "educator id")
    rows = (
        ("nia@example.org", "Nia", "O", "7"),
        ("NIA@example.org", "Nia", "O", "7"),
        ("leo@example.org", "Leo", "M", "7"),
    )
    found = read(Sheet("x", header, rows))
    assert [(one.place, one.problem, one.about) for one in found.errors] == [(4, Problem.ID_TWICE, ("2",))]
