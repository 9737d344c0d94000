"""The columns of a roster, and how a table's headers are matched with them."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from bot.core.values import dataclass

_NOT_WORD = re.compile(r"[\W_]+")
# Templates mark headings like this: First Name [Required].
_NEEDED = re.compile(r"[\[(](?:required|optional)[\])]", re.IGNORECASE)


class Column(StrEnum):
    """The columns of a roster; the values are the headers of samples and exports."""

    EMAIL = "email"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    ORGANIZATIONS = "organizations"
    ROLES = "roles"
    CONTENT_AREAS = "content areas"
    GRADE_LEVELS = "grade levels"
    MIDDLE_INITIAL = "middle initial"
    EDUCATOR_ID = "state educator id"


REQUIRED = (Column.EMAIL, Column.FIRST_NAME, Column.LAST_NAME)
# Other names that people and exporting programs use for the columns; case, accents, spaces and punctuation
# do not matter.
_CALLED = {
    Column.EMAIL: (
        "mail", "email address", "mail address", "user email", "work email", "school email", "email addr",
        "primary email", "teacher email", "staff email", "e-mail 1 - value", "e-mail-adresse", "mailadresse",
        "courriel", "adresse e-mail", "adresse électronique", "correo", "correo electrónico",
    ),
    Column.FIRST_NAME: (
        "first", "given name", "given", "forename", "fname", "name.givenName", "vorname", "prénom", "nombre",
    ),
    Column.LAST_NAME: (
        "last", "family name", "family", "surname", "lname", "name.familyName", "nachname", "familienname",
        "nom", "nom de famille", "apellido", "apellidos",
    ),
    Column.ORGANIZATIONS: (
        "organization", "organisation", "organisations", "org", "orgs", "school", "schools", "school name",
        "building", "buildings", "site", "sites", "schule", "schulen", "école", "établissement", "escuela",
    ),
    Column.ROLES: ("role", "user role", "user roles", "access role", "access roles", "rolle", "rol"),
    Column.CONTENT_AREAS: ("content area", "subject", "subjects", "subject area", "subject areas"),
    Column.GRADE_LEVELS: ("grade level", "grade", "grades", "level", "levels"),
    Column.MIDDLE_INITIAL: ("middle", "mi", "initial", "middle name"),
    Column.EDUCATOR_ID: (
        "educator id", "state id", "state educator number", "educator number", "license number",
        "state teacher id",
    ),
}  # fmt: skip
# The sign-in name counts as the e-mail address if no other column has one.
_SIGN_IN = "userprincipalname"
# Columns with these headers may hold full middle names, of which the initial is used.
_MIDDLE_NAMES = ("middle", "middlename")


def _plain(header: str) -> str:
    """Return the form of a header in which headers are compared."""
    plain = unicodedata.normalize("NFKD", _NEEDED.sub("", header).casefold())
    return _NOT_WORD.sub("", plain)


_KNOWN = {_plain(called): column for column, more in _CALLED.items() for called in (column.value, *more)}


@dataclass(frozen=True, slots=True)
class Mapping:
    """At which place in a row each column is; `unknown` are the headers that match no column.

    `double` are columns that several headers match, with those headers; `missing` are required columns.
    """

    places: tuple[tuple[Column, int], ...]
    headers: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    double: tuple[tuple[Column, tuple[str, ...]], ...] = ()
    missing: tuple[Column, ...] = ()

    @property
    def shown(self) -> tuple[tuple[str, Column], ...]:
        """Each matched header as it was written, with its column."""
        return tuple((self.headers[place], column) for column, place in self.places)

    def place(self, column: Column) -> int | None:
        """Return the place of a column in a row; None if the table does not have it."""
        return dict(self.places).get(column)

    @property
    def middle_names(self) -> bool:
        """Whether the column of middle initials may hold full middle names."""
        place = self.place(Column.MIDDLE_INITIAL)
        return place is not None and _plain(self.headers[place]) in _MIDDLE_NAMES


def mapping(header: Sequence[str]) -> Mapping:
    """Match headers with columns; empty headers are ignored."""
    found: dict[Column, list[int]] = {}
    unknown = []
    for place, called in enumerate(header):
        column = _KNOWN.get(_plain(called))
        if column is not None:
            found.setdefault(column, []).append(place)
        elif called.strip():
            unknown.append(called)
    if Column.EMAIL not in found and len(names := [one for one in unknown if _plain(one) == _SIGN_IN]) == 1:
        unknown.remove(names[0])
        found[Column.EMAIL] = [header.index(names[0])]
    return Mapping(
        tuple((column, places[0]) for column, places in found.items()),
        tuple(header),
        tuple(unknown),
        tuple(
            (column, tuple(header[one] for one in places)) for column, places in found.items() if places[1:]
        ),
        tuple(column for column in REQUIRED if column not in found),
    )
