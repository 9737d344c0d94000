"""Ordinary files are read as their authors meant them."""

import io
import re
import zipfile

import pytest
import xlsxwriter

from bot.core.files import BadFile, FileTrouble
from bot.core.rosters.sheet import Sheet
from bot.sheets.bounds import Bounds
from bot.sheets.reading import read_sheet
from tests.sheets.making import HEADER, text, workbook


def read(content: bytes | str, bounds: Bounds | None = None) -> Sheet:
    raw = content if isinstance(content, bytes) else content.encode()
    return read_sheet("people.csv", raw, bounds or Bounds())


def refused(content: bytes | str, bounds: Bounds | None = None) -> BadFile:
    with pytest.raises(BadFile) as bad:
        read(content, bounds)
    return bad.value


TWO = (("a@x.org", "Zoë", "007"), ("b@x.org", "Łuk", "010"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_delimiter_line_end_and_unicode(delimiter: str, end: str, encoding: str) -> None:
    lines = [("email", "first name", "id"), *TWO]
    sheet = read(end.join(delimiter.join(line) for line in lines).encode(encoding))
    assert sheet == Sheet("people.csv", ("email", "first name", "id"), TWO)


def test_a_delimiter_inside_quotes_divides_nothing() -> None:
    sheet = read('"email, or address";"name, first; and last"\n"a@x.org";"Nia, ""the"" first\nsecond line"\n')
    assert sheet.header == ("email, or address", "name, first; and last")
    assert sheet.rows == (("a@x.org", 'Nia, "the" first\nsecond line'),)


def test_excel_says_its_delimiter_in_a_line_of_its_own() -> None:
    sheet = read("sep=|\r\nemail;x|name\r\na@x.org|Nia\r\n")
    assert (sheet.header, sheet.rows, sheet.first_row) == (("email;x", "name"), (("a@x.org", "Nia"),), 3)


@pytest.mark.parametrize("said", ["sep=", 'sep="'])
def test_a_line_that_says_no_delimiter_is_passed_over(said: str) -> None:
    """A line end or a quotation mark divides nothing; Python's reader would even break off."""
    sheet = read(f"{said}\r\nemail;first name;last name\r\na@x.org;Nia;Okafor\r\n")
    assert sheet.header == ("email", "first name", "last name")
    assert list(sheet.numbered()) == [(3, ("a@x.org", "Nia", "Okafor"))]


def test_blank_lines_are_left_out_and_counted() -> None:
    sheet = read("\n,,\nemail,name\n\na@x.org,Nia\n , \n\nb@x.org,Leo\n\n\n")
    assert list(sheet.numbered()) == [(5, ("a@x.org", "Nia")), (8, ("b@x.org", "Leo"))]


@pytest.mark.parametrize(
    "above",
    [
        "Staff of Maple Grove\n",
        "Staff, Maple Grove;;\n;;\nPrinted on;1 September\n\n",
        '"Staff; all of them"\n',
        ";Name;\n",  # a heading over two columns, whose cells were merged
    ],
)
def test_headings_are_found_below_a_title(above: str) -> None:
    sheet = read(f"{above}Vorname;Nachname;E-Mail;Klasse\nNia;Novak;a@x.org;7\n")
    assert (sheet.header, sheet.rows) == (
        ("Vorname", "Nachname", "E-Mail", "Klasse"),
        (("Nia", "Novak", "a@x.org", "7"),),
    )
    assert sheet.first_row == len(above.splitlines()) + 2


@pytest.mark.parametrize(
    "content",
    [
        "name,email\nNia Novak,a@x.org,Leo\n",  # too few headings, and a row that is too long
        "teacher,mail,since\nfirst name,last name,email\n",
        "name,email\n" + "Nia,a@x.org\n" * 9 + "first name,last name,email\n",
    ],
)
def test_people_are_never_taken_for_a_title(content: str) -> None:
    sheet = read(content)
    assert ",".join(sheet.header) == content.splitlines()[0]
    assert len(sheet.rows) == len(content.splitlines()) - 1


def test_other_sheets_with_something_in_them_are_named() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheets = [book.add_worksheet(one) for one in ("Staff", "Sheet2", "Pupils & parents", "Old", "Ids")]
        for one in sheets[:1] + sheets[2:]:
            one.write_row(0, 0, ["email"] if one is not sheets[-1] else [1])
        sheets[3].hide()
    sheet = read(made.getvalue())
    assert (sheet.header, sheet.left_out) == (("email",), ("Pupils & parents", "Ids"))


def test_rows_are_as_long_as_the_header_or_longer_where_something_stands_beyond_it() -> None:
    sheet = read("email,name,,\na@x.org\nb@x.org,Leo,,,\nc@x.org,Doe,Jane\n")
    assert sheet.header == ("email", "name")
    assert sheet.rows == (("a@x.org", ""), ("b@x.org", "Leo"), ("c@x.org", "Doe", "Jane"))


def test_rows_of_a_text_with_more_cells_than_its_headings_are_told() -> None:
    sheet = read("email,last,first\na@x.org,Lind, Jr.,Leo\nb@x.org,Novak,Nia,,\nc@x.org,Doe,Jane,,x\n")
    assert sheet.over == (2, 4)
    # A column with an empty heading still counts as a column.
    assert read("email,last,first,\na@x.org,Lind,Leo,likes tea\n").over == ()


def test_words_that_come_again_and_again_are_kept_once() -> None:
    sheet = read("email,role\n" + "".join(f"a{number}@x.org,Observer\n" for number in range(3_000)))
    assert len({id(row[1]) for row in sheet.rows}) == 1


def test_a_quote_that_is_not_closed_is_refused_where_it_is() -> None:
    bad = refused('email,name\na@x.org,Nia\nb@x.org,"Leo\nc@x.org,Zoe\n')
    assert (bad.trouble, bad.row) == (FileTrouble.QUOTES, 3)


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (b"", FileTrouble.EMPTY),
        (b" \r\n\t\n", FileTrouble.EMPTY),
        (b",,,\n,,\n", FileTrouble.EMPTY),
        (b"%PDF-1.7 ...", FileTrouble.OTHER_KIND),
        (b"\xef\xbb\xbf<!DOCTYPE html><table>", FileTrouble.OTHER_KIND),
        (b"<?xml version='1.0'?><Workbook>", FileTrouble.OTHER_KIND),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), FileTrouble.OLD_EXCEL),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), FileTrouble.LOCKED),
        (b"PK\x03\x04 cut off", FileTrouble.BROKEN),
        (b"email,name\na@x.org,N\x00a\n", FileTrouble.BINARY),
        (b"email,name\na@x.org,N\x07a\n", FileTrouble.BINARY),
        (bytes(range(256)) * 20, FileTrouble.BINARY),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, trouble: FileTrouble) -> None:
    assert refused(content).trouble is trouble


def test_bounds_hold_exactly() -> None:
    rows = "".join(f"a{number}@x.org\n" for number in range(20))
    assert len(read("email\n" + rows, Bounds(rows=20)).rows) == 20
    assert refused("email\n" + rows, Bounds(rows=19)).trouble is FileTrouble.TOO_MANY_ROWS
    assert len(read("email\n" + "x" * 50, Bounds(cell=50)).rows) == 1
    long = refused('email\n"y"\n"' + "x\n" * 26 + '"\n', Bounds(cell=50))
    assert (long.trouble, long.row, long.most) == (FileTrouble.CELL_TOO_LONG, 3, 50)
    assert refused("a,b,c", Bounds(columns=2)).trouble is FileTrouble.TOO_MANY_COLUMNS
    assert refused("a\nb\nc,d,e\n", Bounds(columns=2)).row == 3
    assert len(read("email\nabc", Bounds(bytes=9)).rows) == 1
    assert refused("email\nabc", Bounds(bytes=8)).most == 8
    assert refused("email\n" + "\n" * 50 + "a", Bounds(rows=20)).trouble is FileTrouble.TOO_MANY_ROWS


NAMES = {
    "cp1252": ("José Núñez;María Muñoz;Iñigo Peña", "Zoé Lefèvre;François Hélène", "Søren Kjær;Åse Jørgensen",
               "João Gonçalves;Conceição Simões", "Jürgen Groß;Käthe Böhm;José Muñoz;François"),
    "cp1250": ("Jiří Dvořák;Věra Růžičková", "Łukasz Żak;Małgorzata Wójcik;Święta Gąska",
               "Lőrinc Szűcs;Zsófia Tűzkő"),
    "cp1251": ("Иван Петров;Мария Смирнова", "ЮЛІЯ ШЕВЧЕНКО;Їжак Ірина"),
    "cp1253": ("Γιώργος Παπαδόπουλος;Μαρία Νικολάου",),
    "mac_roman": ("Jörg Groß;Käthe Müller", "José Núñez;María Muñoz", "Zoé Lefèvre;François Hélène"),
    "cp1254": ("Ayşe Şimşek;Çağlar Öztürk;İbrahim Şahin",),
    "cp1257": ("Žilvinas Šarūnas;Ąžuolas Ūdrys;Eglė Kazlauskaitė",),
    "cp932": ("田中 太郎;鈴木 花子;さくら",),
    "gb18030": ("王小明;李华;张伟",),
    "cp949": ("김철수;이영희;박지민",),
}  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        *(("cp1252", name) for name in ("O\u2019Brien", "Nia \u201cNini\u201d Novak", "Ann \u2013 on leave")),
        *(("mac_roman", name) for name in ("Sofía", "Díaz", "Peña", "León", "María Díaz")),
    ],
)
def test_a_mark_is_told_from_a_letter_where_nothing_else_tells(encoding: str, name: str) -> None:
    sheet = read(f"email,name\na@x.org,{name}\n".encode(encoding))
    assert sheet.rows == (("a@x.org", name),)


SAMPLES = [(encoding, names) for encoding, several in NAMES.items() for names in several]


@pytest.mark.parametrize(("encoding", "names"), SAMPLES)
def test_names_in_the_encodings_of_old(encoding: str, names: str) -> None:
    rows = "".join(f"\na@x.org,{name}" for name in names.split(";"))
    sheet = read(f"email,name{rows}".encode(encoding))
    assert [row[1] for row in sheet.rows] == names.split(";")
    assert sheet.guessed


@pytest.mark.parametrize("heading", ['"E-mail\n(work)"', '"E-mail; at work"', '"E-""mail"""', '""'])
def test_a_heading_in_quotation_marks_does_not_hide_what_divides_the_cells(heading: str) -> None:
    sheet = read(f"{heading};first name;last name\na@x.org;A;B\n")
    assert sheet.header[1:] == ("first name", "last name")
    assert sheet.rows == (("a@x.org", "A", "B"),)


def test_a_formula_that_has_failed_is_no_empty_cell() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["email", "role", "school", "id"])
        sheet.write_formula(1, 0, '=VLOOKUP(1,A5:B6,2)&"<"', None, "#N/A")
        sheet.write_string(1, 1, "e")
        sheet.write_formula(1, 3, "=1/0", None, "#DIV/0!")
        sheet.write_formula(3, 2, "=A99", None, "#REF!")
    assert list(read(made.getvalue()).numbered()) == [
        (2, ("#N/A", "e", "", "#DIV/0!")),
        (4, ("", "", "#REF!", "")),
    ]


def test_a_workbook_whose_tags_have_a_prefix_says_the_same() -> None:
    """Programs over the Open XML SDK write so: <x:c> for <c>."""
    made, other = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["email", "id", "role"])
        sheet.write_row(1, 0, ["a@x.org"])
        sheet.write_number(1, 1, 42, book.add_format({"num_format": "0000"}))
        sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(other, "w") as prefixed:
        for name in parts.namelist():
            text = parts.read(name).decode()
            if name.startswith("xl/") and name.endswith(".xml") and "theme" not in name:
                text = re.sub(r"<(/?)([A-Za-z])", r"<\1x:\2", text).replace(' xmlns="', ' xmlns:x="')
            prefixed.writestr(name, text)
    assert read(other.getvalue()).rows == read(made.getvalue()).rows == (("a@x.org", "0042", "#DIV/0!"),)


def test_a_workbook_says_what_it_shows() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        hidden, sheet = book.add_worksheet("Notes"), book.add_worksheet("Année & Cie")
        hidden.write_string(0, 0, "not this one")
        sheet.activate()
        sheet.set_first_sheet()
        hidden.hide()
        sheet.write_row(2, 1, ["email", "id", "grade", "since", "active", "zip"])
        sheet.write_row(4, 1, ["a@x.org", "007", 5, None, True])
        sheet.write_number(4, 4, 46000, book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_number(4, 6, 501, book.add_format({"num_format": "00000"}))
        sheet.write_formula(6, 1, '="b@"&"x.org"', None, "b@x.org")
        sheet.write_number(6, 3, 2.5)
        sheet.write_number(6, 2, 123456789012345)
    sheet_read = read(made.getvalue())
    assert sheet_read.header == ("", "email", "id", "grade", "since", "active", "zip")
    assert list(sheet_read.numbered()) == [
        (5, ("", "a@x.org", "007", "5", "2025-12-09", "TRUE", "00501")),
        (7, ("", "b@x.org", "123456789012345", "2.5", "", "", "")),
    ]


def test_the_bounds_of_a_workbook() -> None:
    rows = HEADER + "".join(f'<row r="{n}">{text(f"A{n}", "a@x.org")}</row>' for n in range(2, 12))
    assert len(read(workbook(rows), Bounds(rows=10)).rows) == 10
    assert refused(workbook(rows), Bounds(rows=9)).trouble is FileTrouble.TOO_MANY_ROWS
    wide = refused(workbook(HEADER + f'<row r="2">{text("F2", "x")}</row>'), Bounds(columns=5))
    assert (wide.trouble, wide.row, wide.most) == (FileTrouble.TOO_MANY_COLUMNS, 2, 5)
    long = refused(workbook(HEADER + f'<row r="2">{text("A2", "x" * 51)}</row>'), Bounds(cell=50))
    assert (long.trouble, long.row, long.most) == (FileTrouble.CELL_TOO_LONG, 2, 50)


def test_other_workbooks_are_refused_in_words() -> None:
    macros = workbook(HEADER, more={"xl/vbaProject.bin": b"x"})
    assert refused(macros).trouble is FileTrouble.MACROS
    assert refused(workbook(HEADER, more={"xl/workbook.bin": b"x"})).trouble is FileTrouble.OLD_EXCEL
    assert refused(workbook("")).trouble is FileTrouble.EMPTY
    assert refused(workbook("<row><c")).trouble is FileTrouble.BROKEN


def test_a_refusal_and_an_upload_show_nothing_of_the_content() -> None:
    bad = refused('email\n"secret')
    assert "secret" not in repr(bad)
    assert "secret" not in str(bad.__cause__)


@pytest.mark.parametrize("sign", ["_x0000_", "_x0001_", "_x001B_"])
def test_a_sign_that_is_no_text_is_refused_however_a_workbook_writes_it(sign: str) -> None:
    rows = HEADER + f'<row r="2">{text("A2", "a")}</row><row r="3">{text("A3", f"N{sign}a")}</row>'
    with pytest.raises(BadFile) as bad:
        read_sheet("people.xlsx", workbook(rows), Bounds())
    assert (bad.value.trouble, bad.value.row) == (FileTrouble.BINARY, 3)
