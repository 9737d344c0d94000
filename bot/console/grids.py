"""Tables for operators, who copy ids and addresses from them: on a narrow screen nothing is cut off."""

from rich.table import Column, Table


def grid(*headings: str, title: str | None = None, unbroken: str = "") -> Table:
    """Return an empty table whose cells continue on the next line, except those under `unbroken`."""
    columns = (Column(one, overflow="fold", no_wrap=one == unbroken) for one in headings)
    return Table(*columns, title=title)
