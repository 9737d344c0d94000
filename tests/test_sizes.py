"""No file of the bot is longer than what one reads in a sitting."""

from tests.processes import ROOT

MOST = 300
# A migration is written by a tool, and stays as it is.
_VERSIONS = ROOT / "bot" / "storage" / "migrations" / "versions"


def test_files_are_short() -> None:
    lengths = {
        file.relative_to(ROOT).as_posix(): file.read_text("utf-8").count("\n")
        for file in (ROOT / "bot").rglob("*.py")
        if _VERSIONS not in file.parents
    }
    assert lengths
    assert {file: lines for file, lines in lengths.items() if lines > MOST} == {}
