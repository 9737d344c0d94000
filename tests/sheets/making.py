"""Workbooks made by hand: ordinary ones, and those that nobody's program would write."""

import io
import zipfile
from collections.abc import Mapping
from types import MappingProxyType

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f"""<?xml version="1.0"?><Types xmlns="{_PACKAGE}/content-types">
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/></Types>""",
    "_rels/.rels": f"""<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",
    "xl/workbook.xml": f"""<?xml version="1.0"?><workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>
<sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": f"""<?xml version="1.0"?><Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/>
<Relationship Id="rId3" Type="{_REL}/styles" Target="styles.xml"/></Relationships>""",
}
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>email</t></is></c></row>'


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """Pack parts as they are."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return made.getvalue()


def workbook(
    rows: str,
    *,
    shared: str = "",
    styles: str = "",
    before: str = "",
    more: Mapping[str, str | bytes] = MappingProxyType({}),
) -> bytes:
    """Make a workbook of the XML of its rows; `more` are other parts."""
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    parts: dict[str, str | bytes] = {
        **PARTS,
        "xl/worksheets/sheet1.xml": before + sheet,
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>',
    }
    return packed({**parts, **more})


def text(place: str, words: str) -> str:
    """A cell with words in it."""
    return f'<c r="{place}" t="inlineStr"><is><t>{words}</t></is></c>'
