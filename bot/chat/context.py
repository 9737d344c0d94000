"""The context of a call: its unit of work, who acts, and where."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from bot.chat.limits import SUGGESTIONS
from bot.chat.options import cleaned
from bot.chat.replies import Item
from bot.chat.text import verbatim
from bot.core.people.passwords import SignInWays
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Platform
from bot.core.schools import which_school
from bot.core.schools.schools import School
from bot.core.values import dataclass, field

if TYPE_CHECKING:
    from bot.chat.commands import Command, Registry

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Links:
    """The ways into this installation: its web addresses, and what people type before a command.

    `base` is empty if it has no web server. `slashes` has `/` for Discord and the playground, and
    `/homeroom ` for Slack.
    """

    base: str = ""
    slashes: Mapping[Platform, str] = field(default_factory=dict)

    def typed(self, platform: Platform, path: str) -> str:
        """Return how a command is typed on a front."""
        return f"{self.slashes.get(platform, '/')}{path}"

    def password(self, token: str) -> str | None:
        """Return the address of the page for choosing a password, or None without a web server."""
        return f"{self.base}/password/{token}" if self.base else None

    def stop(self, token: str) -> str | None:
        """Return the address of the page for opting out of messages, or None without a web server."""
        return f"{self.base}/stop/{token}" if self.base else None

    def invitation(self, token: str) -> str | None:
        """Return the address of an invitation's page, or None without a web server."""
        return f"{self.base}/i/{token}" if self.base else None


@dataclass(slots=True)
class Context:
    """One call of one command.

    `seen` is what the command's `looks` returned before the transaction.
    """

    uow: UnitOfWork
    actor: Actor
    command: "Command | None"
    registry: "Registry"
    links: Links
    values: Mapping[str, Any] = field(default_factory=dict)
    clicked: bool = False
    ways: SignInWays = field(default_factory=SignInWays)
    seen: Any = None
    _school: School | None = None
    _found: dict[tuple[object, str], Any] = field(default_factory=dict)

    @property
    def school(self) -> School:
        """The school that this call is about; raises a refusal if that is unclear."""
        if self._school is None:
            about = self.command.about if self.command else None
            self._school = about(self) if about else self.meant_school()
        return self._school

    def meant_school(self) -> School:
        """Find the school by the option `school`, or else by where the actor is."""
        typed = cleaned(self.values.get("school") or "")
        return which_school.meant(self.uow, self.actor, str(typed))

    def once(self, find: Callable[["Context", str], T], typed: str) -> T:
        """Call `find` once for a typed value, for the permission check and for the handler after it."""
        return self._kept((find, typed), lambda: find(self, typed))

    def found(self, find: Callable[[UnitOfWork, Actor, str], T], typed: str) -> T:
        """Like `once`, for a `find` of the core that returns only what the actor may know about."""
        return self._kept((find, typed), lambda: find(self.uow, self.actor, typed))

    def _kept(self, key: tuple[object, str], look: Callable[[], T]) -> T:
        if key not in self._found:
            self._found[key] = look()
        found: T = self._found[key]
        return found

    def value(self, name: str) -> str:
        """Return the raw value of an option as text, or an empty string; `about` and `over` use it."""
        return str(self.values.get(name) or "")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the actor reads and types times."""
        own = self.actor.person.zone if self.actor.person else None
        for name in (own, self.actor.caller.zone):
            if name and (zone := _zone(name)):
                return zone
        linked = which_school.nearby(self.uow, self.actor)
        return (_zone(linked[0].zone) if linked else None) or ZoneInfo("UTC")

    def typed(self, path: str) -> str:
        """Return how a command is typed on the actor's own front."""
        return self.links.typed(self.actor.caller.platform, path)


def _zone(name: str) -> ZoneInfo | None:
    """Return a time zone by name, or None if this machine does not know it; platforms send any name."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None


def schools_of_actor(ctx: Context, typed: str) -> Sequence[Item]:
    """Suggest the schools that the call can be about: those around the actor, then those they oversee."""
    wanted = typed.casefold()
    near = which_school.nearby(ctx.uow, ctx.actor)
    named = zip(near, which_school.unambiguous_names(near), strict=True)
    items = [
        school_item(ctx, *each) for each in named if wanted in each[0].name.casefold() and _fits(ctx, each[0])
    ]
    seen = {school.id for school in near}
    under = which_school.overseen(ctx.uow, ctx.actor, typed, SUGGESTIONS)
    return [
        *items,
        *(Item(one.id, verbatim(one.name)) for one in under if one.id not in seen and _fits(ctx, one)),
    ]


def _fits(ctx: Context, school: School) -> bool:
    """Tell whether the actor may make the call at a school."""
    command = ctx.command
    if command is None or not command.at_school:
        return True
    allowed = command.needs is None or access.holds(ctx.uow, ctx.actor, command.needs, school)
    return allowed and (command.suits is None or command.suits(ctx, school))


def school_item(ctx: Context, school: School, typed: str) -> Item:
    """Make a suggestion for a school; one that must be typed by its id shows its district, too."""
    apart = typed == school.id and school.district_id
    district = ctx.uow.districts.by_id(apart) if apart else None
    return Item(typed, verbatim(school.name), verbatim(district.name) if district else None)
