"""Column names in all spellings, all errors of a row, and addresses read as everywhere else."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.email_addresses import copied_email
from bot.core.rosters import addresses, columns, exporting
from bot.core.rosters.columns import Column
from bot.core.rosters.rows import Problem, RowError, read
from bot.core.rosters.sheet import Sheet
from bot.core.typed_lists import as_list, listed

_UNSEEN = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
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
        plain = copied_email(typed.strip().strip(_UNSEEN))[1]
        wanted = validate_email(plain.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        wanted = None
    assert addresses.read(typed) == wanted


@pytest.mark.parametrize(
    "copied",
    [
        *("Nia Okafor <nia@example.org>", "<nia@example.org>;", "'Okafor, Nia' <nia@example.org>"),
        *("mailto:nia@example.org", "<mailto:nia@example.org|nia@example.org>", "nia@example.org, "),
    ],
)
def test_an_address_may_be_pasted_as_mail_programs_copy_it(copied: str) -> None:
    assert addresses.read(copied) == "nia@example.org"


def test_several_addresses_are_none() -> None:
    assert addresses.read("nia@example.org; leo@example.org") is None
    assert addresses.read("Nia <nia@example.org>, Leo <leo@example.org>") is None


def test_what_nobody_sees_around_an_address_is_left_away_and_nothing_within() -> None:
    assert addresses.read(" \u202ania@example.org\u202c\u200b ") == "nia@example.org"
    assert addresses.read("nia\u202e@example.org") is None


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


@pytest.mark.parametrize(
    "header",
    [
        "First Name [Required],Last Name [Required],Email Address [Required],New Primary Email [UPLOAD ONLY]",
        "First Name,Last Name,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Value",
        "Display name,First name,Last name,User principal name",
        "userPrincipalName,surname,mail,givenName",
        "primaryEmail,name.givenName,name.familyName",
        "Teacher_email,First_name,Last_name,State_teacher_id",
        "Email (required),First name*,Last name*,Email (parent)",
        "E-Mail-Adresse,Nachname,Vorname",
        "Courriel,Nom,Prénom",
        "Correo electrónico,Nombre,Apellidos",
        "COURRIEL,NOM,PRE\u0301NOM",
    ],
)
def test_what_other_programs_export_has_the_columns_that_are_needed(header: str) -> None:
    found = columns.mapping(header.split(","))
    assert (found.missing, found.double) == ((), ())


def test_school_and_role_are_understood_in_the_languages_that_names_are() -> None:
    for header in ("Schule,Rolle", "Établissement,Rôle", "Escuela,Rol"):
        assert columns.mapping(header.split(",")).unknown == ()


def test_a_sign_in_name_is_the_address_only_where_nothing_else_is() -> None:
    both = columns.mapping(["User principal name", "Mail", "First", "Last"])
    assert both.unknown == ("User principal name",)
    alone = columns.mapping(["User principal name", "First", "Last"])
    assert dict(alone.shown)["User principal name"] is Column.EMAIL
    assert alone.unknown == ()


@pytest.mark.parametrize(
    ("heading", "cell", "initial", "wrong"),
    [
        ("Middle name", "Alexander", "A", False),
        ("Middle", "mary ann", "M", False),
        ("Middle name", "Jo", "JO", False),
        ("Middle initial", "Alexander", "ALEXANDER", True),
        ("M.I.", "a.", "A", False),
    ],
)
def test_only_the_initial_of_a_middle_name_is_kept(
    heading: str, cell: str, initial: str, *, wrong: bool
) -> None:
    found = read(Sheet("x", (*_FULL[:3], heading), (("leo@example.org", "Leo", "Lind", cell),)))
    assert found.rows[0].middle_initial == initial
    assert bool(found.errors) is wrong


def test_a_row_with_more_cells_than_headings_is_not_read_as_if_they_were_in_place() -> None:
    rows = (("leo@example.org", "Lind", " Jr.", "Leo"), ("nia@example.org", "Novak", "Nia"))
    found = read(Sheet("x", ("email", "last name", "first name"), rows, over=(2,)))
    assert found.errors == (RowError(2, Column.EMAIL, Problem.BEYOND, "Leo"),)


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


def test_an_educator_id_of_two_people_is_an_error() -> None:
    header = ("email", "first name", "last name", "educator id")
    rows = (
        ("nia@example.org", "Nia", "O", "7"),
        ("NIA@example.org", "Nia", "O", "7"),
        ("leo@example.org", "Leo", "M", "7"),
    )
    found = read(Sheet("x", header, rows))
    assert [(one.place, one.problem, one.about) for one in found.errors] == [(4, Problem.ID_TWICE, ("2",))]


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "nia@example.org",
            " nia.o+x@EXAMPLE.org ",
            "info@example.org",
            "INFO@example.org",
            "a..b@example.org",
        ),
        *(
            ".a@example.org",
            "a@b@example.org",
            "@example.org",
            "nia",
            "nia@",
            "nia@localhost",
            "é@example.org",
        ),
        *("n@bücher.de", "n@BÜCHER.de", "n@xn--bcher-kva.de", "a_b@example.org", "a!b@example.org"),
        *(f"{'a' * number}@example.org" for number in (64, 65)),
        *(f"{'a' * 64}@{'.'.join(['b' * 60] * 3)}.{'c' * number}.org" for number in (1, 2, 3, 4, 5)),
    ],
)
def test_plain_addresses_are_read_as_all_others(typed: str) -> None:
    try:
        wanted = validate_email(typed.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        wanted = None
    assert addresses.read(typed) == wanted


def test_a_plain_address_is_not_looked_at_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a hundred thousand addresses, that would take too long."""
    thorough: list[str] = []
    monkeypatch.setattr(addresses, "entered_email", thorough.append)
    longest = f"{'a' * 64}@example.org"
    whole = f"{'a' * 64}@{'.'.join(['b' * 60] * 3)}.cc.org"
    assert len(whole) == 254
    for typed in ("nia@example.org", "Nia.O+x@Example.org", longest, whole):
        assert addresses.read(typed)
    assert thorough == []
    for typed in ("Info@example.org", "a!b@example.org", "n@bücher.de", f"a{longest}", "nia"):
        addresses.read(typed)
    assert thorough == ["Info@example.org", "a!b@example.org", "n@bücher.de", f"a{longest}", "nia"]


_FULL = ("email", "first name", "last name", "content areas", "grade levels", "middle initial", "educator id")


@pytest.mark.parametrize(
    ("place", "column", "longest"),
    [
        *((1, Column.FIRST_NAME, 60), (2, Column.LAST_NAME, 60), (3, Column.CONTENT_AREAS, 200)),
        *((4, Column.GRADE_LEVELS, 200), (5, Column.MIDDLE_INITIAL, 2), (6, Column.EDUCATOR_ID, 40)),
    ],
)
def test_a_cell_is_as_long_as_it_may_be(place: int, column: Column, longest: int) -> None:
    def found(length: int) -> tuple[RowError, ...]:
        cells = ["nia@example.org", "Nia", "Okafor", "", "", "", ""]
        cells[place] = "X" * length
        return read(Sheet("x", _FULL, (tuple(cells),))).errors

    for short in (39, 40, 41, longest):
        assert found(min(short, longest)) == ()
    (error,) = found(longest + 1)
    assert error == RowError(2, column, Problem.TOO_LONG, ("X" * (longest + 1))[:80], (str(longest),))


def test_what_is_wrong_with_an_address_or_a_name_says_what_was_read() -> None:
    rows = (("n" * 90, " ", "Okafor"), (" ", "Nia  Mae", "  "), ("leo@example.org", " Leo", "O  X"))
    found = read(Sheet("x", _FULL[:3], rows))
    assert found.errors == (
        RowError(2, Column.EMAIL, Problem.NO_ADDRESS, "n" * 80),
        RowError(2, Column.FIRST_NAME, Problem.MISSING),
        RowError(3, Column.EMAIL, Problem.MISSING, " "),
        RowError(3, Column.LAST_NAME, Problem.MISSING),
    )
    assert [(one.email, one.first_name, one.last_name) for one in found.rows] == [
        ("", "", "Okafor"),
        ("", "Nia Mae", ""),
        ("leo@example.org", "Leo", "O X"),
    ]
    assert read(Sheet("x", _FULL[:3], ())).errors == (RowError(0, Column.EMAIL, Problem.NO_ROWS),)
    assert list(Sheet("x", _FULL[:3], rows, first_row=2, gaps=(3, 4, 6)).numbered()) == [
        (2, rows[0]),
        (5, rows[1]),
        (7, rows[2]),
    ]


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("2026-06-05", Problem.CONVERTED),  # of 5-6, in a workbook
        ("6-May", Problem.CONVERTED),
        ("05. Jun", Problem.CONVERTED),
        ("Mai 06", Problem.CONVERTED),
        ("1,23457E+15", Problem.CONVERTED),
        (" #N/A ", Problem.FAILED),
        ("#BEZUG!", Problem.FAILED),
        ("#NV", Problem.FAILED),
        ("5-6", None),
        ("Mathematics", None),
        ("#1", None),
        ("A-1.5", None),
        ("May", None),
    ],
)
def test_what_a_spreadsheet_made_of_an_entry_is_not_taken_for_it(cell: str, problem: Problem | None) -> None:
    header = ("email", "first name", "last name", "subjects", "grades", "educator id")
    found = read(Sheet("x", header, (("a@x.org", "A", "B", cell, cell, cell),)))
    kept = (Column.CONTENT_AREAS, Column.GRADE_LEVELS, Column.EDUCATOR_ID)
    assert [(one.place, one.column, one.problem, one.value) for one in found.errors] == [
        (2, column, problem, cell.strip()) for column in kept if problem
    ]


@pytest.mark.parametrize("column", [Column.CONTENT_AREAS, Column.GRADE_LEVELS, Column.EDUCATOR_ID])
def test_one_spoilt_cell_is_noticed_among_others_that_are_not(column: Column) -> None:
    header = ("email", "first name", "last name", "subjects", "grades", "educator id")
    places = (Column.CONTENT_AREAS, Column.GRADE_LEVELS, Column.EDUCATOR_ID)
    cells = tuple("6-May" if one is column else "A-7" for one in places)
    found = read(Sheet("x", header, (("a@x.org", "A", "B", *cells),)))
    assert [(one.column, one.problem) for one in found.errors] == [(column, Problem.CONVERTED)]


def test_nobody_is_called_like_a_formula_that_has_failed() -> None:
    header = ("email", "first name", "last name")
    people = (
        ("a@x.org", "#NAME?", "#DIV/0!"),
        ("b@x.org", "#1", "B"),
        ("c@x.org", "#N/A", "C"),
        ("d@x.org", "D", "#REF!"),
    )
    assert [(one.place, one.column, one.problem) for one in read(Sheet("x", header, people)).errors] == [
        (2, Column.FIRST_NAME, Problem.FAILED),
        (2, Column.LAST_NAME, Problem.FAILED),
        (4, Column.FIRST_NAME, Problem.FAILED),
        (5, Column.LAST_NAME, Problem.FAILED),
    ]
