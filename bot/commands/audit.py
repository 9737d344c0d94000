"""/audit: the audit log of a school; and /system audit, the log of what belongs to no school."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Annotated

from bot.cards import audit as cards
from bot.cards.common import PAGE
from bot.cards.people.accounts import platforms
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.common import Since, Until, note_export
from bot.commands.member import people
from bot.commands.mentions import member_or_left
from bot.commands.system import system
from bot.core import audit_lines
from bot.core.audit import GENESIS, SYSTEM_CHAIN, AuditEntry, ExportedList, action_words
from bot.core.errors import NameUnclear, NotFound
from bot.core.following import ports as following_ports
from bot.core.ids import is_id
from bot.core.invitations import invitations
from bot.core.requests import join_requests
from bot.core.rights import access
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.schools.reports import days
from bot.core.schools.schools import School
from bot.core.values import dataclass

audit = Group("audit", "Who did what, and when")

_ACTION = 24
# How many entries a file has. The larger number is about six megabytes, which every platform accepts; with
# names there are fewer, since each name takes a query.
_IN_FILE, _NAMED = 10_000, 2_000

After = Annotated[int, option("Go on after the entry with this number", minimum=0)]
First = Annotated[int, option("The number of the first entry that was asked for", minimum=1)]
WithNames = Annotated[
    bool, option("As a spreadsheet with names, to read; if not, as a file that can be verified")
]


@audit.command(name="list", needs=Permission.AUDIT_READ, reads=True)
def _list(
    ctx: Context,
    what: Annotated[str, option("Part of what happened: invitation, redeemed, role …", maximum=_ACTION)] = "",
    person: Annotated[
        str, option("Only what they did or what was done to them; people who have left, too", suggest=people)
    ] = "",
    since: Since = None,
    until: Until = None,
) -> Card:
    """List what happened in the school, newest first."""
    first, last = _numbers(ctx, ctx.school.id, since, until)
    search = _Search(what, _person(ctx, person) if person else "", first, last)
    if what and not person and not search.listed(ctx, ctx.school.id, after=None, limit=1):
        with suppress(NotFound, NameUnclear):  # it may be a name, as the first thing that is typed
            search = _Search("", _person(ctx, what), first, last)
    return _page(ctx, ctx.school, search, after=None)


@dataclass(frozen=True, slots=True)
class _Search:
    """Which entries are listed: of an action, about a person, and between two numbers of the chain."""

    what: str = ""
    person_id: str = ""
    first: int = 1
    last: int | None = None

    def listed(self, ctx: Context, chain: str, *, after: str | None, limit: int) -> Sequence[AuditEntry]:
        """List the newest entries of a chain, or those before the entry with the id `after`."""
        return ctx.uow.audit.listed(
            chain,
            action=action_words(self.what.casefold()),
            person_id=self.person_id or None,
            after=after,
            limit=limit,
            first=self.first,
            last=self.last,
        )

    @property
    def wanted(self) -> Mapping[str, str]:
        """The arguments with which the next page is asked for; it begins below `last` anyway."""
        first = str(self.first) if self.first > 1 else ""
        wanted = {"what": self.what, "person": self.person_id, "first": first}
        return {name: value for name, value in wanted.items() if value}


def _numbers(
    ctx: Context, chain: str, since: date | None, until: date | None = None
) -> tuple[int, int | None]:
    """Return the numbers of a chain's first and last entry in a range of days; of all days by default."""
    if since is None and until is None:
        return 1, None
    period = days(ctx.uow.now, ctx.zone, since or date.min, until).period
    first = ctx.uow.audit.first_since(chain, period.since) if since else 1
    last = ctx.uow.audit.first_since(chain, period.until) - 1 if until else None
    return first, last


def _person(ctx: Context, typed: str) -> str:
    """Return the id of a member's person, or of one who has left and is mentioned in the school's log."""
    found = member_or_left(ctx, typed, lambda one: bool(_mentions(ctx, one)))
    return found if isinstance(found, str) else found.membership.person_id


def _mentions(ctx: Context, person_id: str) -> Sequence[AuditEntry]:
    """Return the school's newest entry about a person, if there is one."""
    return _Search(person_id=person_id).listed(ctx, ctx.school.id, after=None, limit=1)


def _school_of_page(ctx: Context) -> School:
    """Find the school of the last entry on the previous page."""
    entry = ctx.uow.audit.by_id(ctx.value("after"))
    school = ctx.uow.schools.by_id(entry.school_id) if entry and entry.school_id else None
    if school is None or not access.holds(ctx.uow, ctx.actor, Permission.AUDIT_READ, school):
        raise NotFound("entry")
    return school


@audit.command(needs=Permission.AUDIT_READ, about=_school_of_page, reads=True, hidden=True)
def older(
    ctx: Context,
    after: Annotated[str, option("The last entry of the previous page")],
    what: Annotated[str, option("What was searched", maximum=_ACTION)] = "",
    person: Annotated[str, option("Whose entries were asked for")] = "",
    first: First = 1,
) -> Reply:
    """Show the next page of the audit log."""
    search = _Search(what, _person(ctx, person) if person else "", first)
    return Reply(redraw=_page(ctx, ctx.school, search, after=after))


@audit.command(needs=Permission.AUDIT_READ, reads=True)
def export(ctx: Context, after: After = 0, names: WithNames = False, since: Since = None) -> Reply:
    """Keep the audit log elsewhere: a file that shows when anything in it is changed, or one to read."""
    return _file(ctx, ctx.school, after, since, named=names)


@system.command(name="audit", needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True)
def system_audit(
    ctx: Context,
    what: Annotated[
        str, option("Part of what happened: role granted, district, merged …", maximum=_ACTION)
    ] = "",
    since: Since = None,
    until: Until = None,
) -> Card:
    """List what belongs to no school: districts, roles over them, settings, people's own accounts."""
    first, last = _numbers(ctx, SYSTEM_CHAIN, since, until)
    return _page(ctx, None, _Search(what, first=first, last=last), after=None)


@system.command(name="older", needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True, hidden=True)
def system_older(
    ctx: Context,
    after: Annotated[str, option("The last entry of the previous page")],
    what: Annotated[str, option("What was searched", maximum=_ACTION)] = "",
    first: First = 1,
) -> Reply:
    """Show the next page of what belongs to no school."""
    return Reply(redraw=_page(ctx, None, _Search(what, first=first), after=after))


@system.command(name="export", needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True)
def system_export(ctx: Context, after: After = 0, names: WithNames = False, since: Since = None) -> Reply:
    """Keep the audit log of what belongs to no school elsewhere, as a file."""
    return _file(ctx, None, after, since, named=names)


def _file(ctx: Context, school: School | None, after: int, since: date | None, *, named: bool) -> Reply:
    chain, most = school.id if school else SYSTEM_CHAIN, _NAMED if named else _IN_FILE
    first, _ = _numbers(ctx, chain, since)
    after = max(after, first - 1)
    found = list(ctx.uow.audit.chain(chain, after=max(after - 1, 0), limit=most + 1))
    before = found.pop(0) if after and found else None
    total, _ = ctx.uow.audit.head(chain)
    part = cards.Part(school, found[:most], total)
    if not part.entries:
        return Reply(cards.nothing(part))
    what = ExportedList.NAMED_AUDIT if named else ExportedList.AUDIT
    note = note_export(ctx, what, school.subject if school else "system", school, len(part.entries))
    if named:
        names = _names(ctx, [one.entry for one in part.entries], school)
        return Reply(deferred=cards.readable(part, names, ctx.zone), note=note)
    lines = audit_lines.lines(part.entries, before.hash if before else GENESIS)
    return Reply(cards.exported(part, "".join(f"{line}\n" for line in lines)), note=note)


def _page(ctx: Context, school: School | None, search: _Search, *, after: str | None) -> Card:
    """Show a page of a school's log; without a school, of the system's."""
    found = search.listed(ctx, school.id if school else SYSTEM_CHAIN, after=after, limit=PAGE + 1)
    names = _names(ctx, found[:PAGE], school)
    return cards.listed(found[:PAGE], names, school, search.wanted, more=len(found) > PAGE)


def _names(ctx: Context, entries: Sequence[AuditEntry], school: School | None) -> cards.Names:
    """Return names for the ids in entries; schools other than `school` stay unnamed.

    A join request has the name of its applicant, and an invitation for one person that of its addressee.
    """
    values = [value for one in entries for told in (one.old, one.new) for value in told.values()]
    subjects = dict(one.subject.partition(":")[::2][::-1] for one in entries)
    made = [ctx.uow.invitations.by_id(of) for of, kind in subjects.items() if kind == invitations.KIND]
    asked = [ctx.uow.join_requests.by_id(of) for of, kind in subjects.items() if kind == join_requests.KIND]
    makers = {one.id: one.created_by for one in made if one}
    whose = {one.id: one.to.person_id for one in made if one and one.to}
    whose |= {one.id: one.person_id for one in asked if one}
    ids = {one.actor_id for one in entries} | {*subjects, *makers.values(), *whose.values()}
    ids |= {value.rpartition(":")[2] for value in values if isinstance(value, str)}
    names = {school.id: school.name} if school else {}
    for of in (one for one in ids if one is not None and is_id(one)):
        found = ctx.uow.accounts.current(of) or ctx.uow.people.by_id(of) or ctx.uow.districts.by_id(of)
        if found is not None:
            names[of] = found.name
    names |= {of: names[one] for of, one in whose.items() if one in names}
    names |= {of: name for of, kind in subjects.items() if (name := _thing(ctx, kind, of, school))}
    names |= {value: name for value in values if (name := _place(ctx, value))}  # type: ignore[misc]
    return cards.Names(names, {of: names[one] for of, one in makers.items() if one in names})


def _thing(ctx: Context, kind: str, of: str, school: School | None) -> str:
    """Return the name of one of the school's own things, or an empty string if it is gone."""
    if school is None:
        return ""
    match kind:
        case following_ports.FOLLOWER:
            thing = ctx.uow.followings.by_id(of)
            return thing.name if thing else ""
        case "message_template":
            template = ctx.uow.templates.by_id(school.id, of)
            return template.name if template else ""
        case "role":
            role = ctx.uow.roles.by_id(school.id, of)
            return role.name if role else ""
        case "batch":
            batch = ctx.uow.batches.by_id(of)
            return batch.label if batch else ""
        case _:
            return ""


def _place(ctx: Context, value: object) -> str:
    """Return the name of the workspace that a value such as `discord:1` means, or an empty string."""
    platform, _, of = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not of or platform not in set(Platform):
        return ""
    workspace = ctx.uow.workspaces.by_key(WorkspaceKey(Platform(platform), of))
    return f"{workspace.name} ({platforms([platform])})" if workspace and workspace.name else ""
