"""A filter of people, shared by lists, counts and bulk operations."""

from enum import StrEnum

from bot.core.typed_lists import listed
from bot.core.values import dataclass, replace


class Status(StrEnum):
    """The statuses to filter by. Only `INACTIVE` and `ARCHIVED` include archived people."""

    ACTIVE = "active"
    PENDING = "pending"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"
    INACTIVE = "inactive"
    ARCHIVED = "archived"


class Invited(StrEnum):
    """The invitation states to filter by; `PENDING` has accepted and waits for an admin's approval."""

    NOT = "not invited"
    PENDING = "waiting"
    ACCEPTED = "accepted"
    NOT_SENT = "not sent"
    SCHEDULED = "scheduled"
    SENT = "sent"
    NOT_DELIVERED = "could not be sent"
    DECLINED = "declined"
    REVOKED = "revoked"
    CLEARED = "cleared"
    EXPIRED = "expired"


# Buttons carry these letters for as long as their messages exist: add letters, but never change them.
_STATUS_LETTERS = dict(zip("aprsdix", Status, strict=True))
_INVITED_LETTERS = dict(zip("npaohsfdrce", Invited, strict=True))
_ANY, _SCHOOL, _DISTRICT = "-", "s", "d"
_APART = "\n"  # cannot occur in a search text, a role or a list of grade levels


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """The members of a school, or with `district_id` of a district's schools, that match every criterion.

    `text` holds one or more words, each a part of a name or of an e-mail address; `role` is a role at the
    school; `grades` is a list of grade levels, of which one must match; `came_by` is the id of the invitation
    by which they joined. Without a `status`, everyone who is not archived matches; with `off_list`, archived
    people do too.
    """

    school_id: str
    district_id: str | None = None
    text: str = ""
    role: str | None = None
    status: Status | None = None
    invited: Invited | None = None
    off_list: bool = False
    came_by: str | None = None
    grades: str = ""

    @property
    def levels(self) -> frozenset[str]:
        """The grade levels to match, in lower case; numbers match with and without a leading zero."""
        named = {one.lower() for one in listed(self.grades)}
        numbers = {one.lstrip("0") or "0" for one in named if one.isdecimal()}
        return frozenset(named | numbers | {one.zfill(2) for one in numbers})

    @property
    def words(self) -> tuple[str, ...]:
        """The words to search for, case-folded; commas are ignored, since people type “Novak, Nia”.

        So is an @ before a name, as in a mention, but not one before a mail domain.
        """
        words = self.text.replace(",", " ").casefold().split()
        return tuple(one if "." in one else one.removeprefix("@") or one for one in words)

    @property
    def narrowed(self) -> bool:
        """Whether the filter asks for anything besides the place."""
        return bool(self.text or self.role or self.status or self.invited or self.came_by or self.grades)

    def pack(self) -> str:
        """Pack the filter, without the place, into a text short enough for a button's id."""
        letters = (
            _letter(_STATUS_LETTERS, self.status),
            _letter(_INVITED_LETTERS, self.invited),
            _DISTRICT if self.district_id else _SCHOOL,
        )
        came_by = _APART + (self.came_by or "") if self.came_by or self.grades else ""
        grades = _APART + self.grades if self.grades else ""
        return "".join(letters) + (self.role or "") + _APART + self.text + came_by + grades


def _letter(letters: "dict[str, Status] | dict[str, Invited]", wanted: Status | Invited | None) -> str:
    return next((letter for letter, one in letters.items() if one is wanted), _ANY)


def renamed(packed: str, school_id: str, before: str, after: str) -> str:
    """Return a packed filter in which a school's role has its new name; unchanged if it does not use it."""
    wanted = unpack(packed, school_id, None)
    if wanted is None or wanted.role != before or packed[2:3] != _SCHOOL:
        return packed
    return replace(wanted, role=after).pack()


def unpack(packed: str, school_id: str, district_id: str | None) -> PeopleFilter | None:
    """Unpack a filter for a school and its district; None if the text is not a packed filter."""
    head, _, rest = packed.partition(_APART)  # fronts strip a trailing line end
    text, came_by, grades, *_ = (*rest.split(_APART), "", "")
    status, invited, place, role = head[:1], head[1:2], head[2:3], head[3:]
    known = status in {*_STATUS_LETTERS, _ANY} and invited in {*_INVITED_LETTERS, _ANY}
    if not (known and place in {_SCHOOL, _DISTRICT}):
        return None
    return PeopleFilter(
        school_id,
        district_id if place == _DISTRICT else None,
        text,
        role or None,
        _STATUS_LETTERS.get(status),
        _INVITED_LETTERS.get(invited),
        came_by=came_by or None,
        grades=grades,
    )
