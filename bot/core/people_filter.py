"""Which people: one value that lists, counts and bulk acts share."""

from enum import StrEnum

from bot.core.typed_lists import listed
from bot.core.values import dataclass, replace


class Status(StrEnum):
    """How those wanted stand. Only the last two find people who were taken off the list."""

    ACTIVE = "active"
    PENDING = "pending"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"
    INACTIVE = "inactive"
    ARCHIVED = "archived"


class Invited(StrEnum):
    """What came of inviting a person to a school; `PENDING` waits for an admin's approval."""

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


# Buttons carry these letters for as long as their messages live: only add to them.
_STATUS_LETTERS = dict(zip("aprsdix", Status, strict=True))
_INVITED_LETTERS = dict(zip("npaohsfdrce", Invited, strict=True))
_ANY, _SCHOOL, _DISTRICT = "-", "s", "d"
_APART = "\n"  # no search, no role and no list of grade levels has one


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Those members of a school, or with `district_id` of a district's open schools, for whom all this holds.

    `text` is a part of a first, last or full name or of an e-mail address, or several parts; `role` is
    a role at the school; `grades` is a list of grade levels of which they have one. Without a `status`
    everyone is meant who is on the list; with `off_list` the archived too. `came_by` is an invitation that
    they came in through.
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
        """The grade levels wanted, without regard to case; of a number it is one whether it is 9 or 09."""
        named = {one.lower() for one in listed(self.grades)}
        numbers = {one.lstrip("0") or "0" for one in named if one.isdecimal()}
        return frozenset(named | numbers | {one.zfill(2) for one in numbers})

    @property
    def words(self) -> tuple[str, ...]:
        """The parts to be found, without regard to case; people also write “Novak, Nia”."""
        return tuple(self.text.replace(",", " ").casefold().split())

    @property
    def narrowed(self) -> bool:
        """Whether anything but the place is asked for."""
        return bool(self.text or self.role or self.status or self.invited or self.came_by or self.grades)

    def pack(self) -> str:
        """Pack all but the place into a text as short as a button wants it."""
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
    """Let a packed filter of a school's people mean those with a role that has got another name."""
    wanted = unpack(packed, school_id, None)
    if wanted is None or wanted.role != before or packed[2:3] != _SCHOOL:
        return packed
    return replace(wanted, role=after).pack()


def unpack(packed: str, school_id: str, district_id: str | None) -> PeopleFilter | None:
    """Read a packed filter back for a school and its district; None if it is none."""
    head, _, rest = packed.partition(_APART)  # fronts take a line end away that nothing follows
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
