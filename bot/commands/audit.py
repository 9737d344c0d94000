"""/audit: the audit log of a school; and /system audit, the log of what belongs to no school."""

from collections.abc import Sequence
from typing import Annotated

from bot.cards import audit as cards
from bot.cards.accounts import platforms
from bot.cards.common import PAGE
from bot.chat.commands import Group
from bot.chat.context import Context
from bot.chat.options import option
from bot.chat.replies import Card, Reply
from bot.commands.member import people
from bot.commands.mentions import member_or_left
from bot.commands.system import system
from bot.core import access, audit_lines, following_ports, invitations, join_requests
from bot.core.actors import Platform, WorkspaceKey
from bot.core.audit import GENESIS, SYSTEM_CHAIN, AuditEntry, action_words
from bot.core.errors import NotFound
from bot.core.ids import is_id
from bot.core.permissions import Permission
from bot.core.schools import School

audit = Group("audit", "Who did what, and when")

_ACTION = 24
# How many entries a file has. The larger number is about six megabytes, which every platform accepts; with
# names there are fewer, since each name takes a query.
_IN_FILE, _NAMED = 10_000, 2_000

After = Annotated[int, option("Go on after the entry with this number", minimum=0)]
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
) -> Card:
    """List what happened in the school, newest first."""
    return _page(ctx, what, _person(ctx, person) if person else "", after=None)


def _person(ctx: Context, typed: str) -> str:
    """Return the id of a member's person, or of one who has left and is mentioned in the school's log."""
    found = member_or_left(ctx, typed, lambda one: bool(_told(ctx, "", one, after=None, limit=1)))
    return found if isinstance(found, str) else found.membership.person_id


def _told(ctx: Context, what: str, person_id: str, *, after: str | None, limit: int) -> Sequence[AuditEntry]:
    return ctx.uow.audit.listed(
        ctx.school.id,
        action=action_words(what.casefold()),
        person_id=person_id or None,
        after=after,
        limit=limit,
    )


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
) -> Reply:
    """Show the next page of the audit log."""
    return Reply(redraw=_page(ctx, what, _person(ctx, person) if person else "", after=after))


@audit.command(needs=Permission.AUDIT_READ, reads=True)
def export(ctx: Context, after: After = 0, names: WithNames = False) -> Reply:
    """Keep the audit log elsewhere: a file that shows when anything in it is changed, or one to read."""
    return _file(ctx, ctx.school, after, named=names)


@system.command(name="audit", needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True)
def system_audit(
    ctx: Context,
    what: Annotated[
        str, option("Part of what happened: role granted, district, merged …", maximum=_ACTION)
    ] = "",
) -> Card:
    """List what belongs to no school: districts, roles over them, settings, people's own accounts."""
    return _system_page(ctx, what, after=None)


@system.command(name="older", needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True, hidden=True)
def system_older(
    ctx: Context,
    after: Annotated[str, option("The last entry of the previous page")],
    what: Annotated[str, option("What was searched", maximum=_ACTION)] = "",
) -> Reply:
    """Show the next page of what belongs to no school."""
    return Reply(redraw=_system_page(ctx, what, after=after))


@system.command(name="export", needs=Permission.SYSTEM_MANAGE, at_school=False, reads=True)
def system_export(ctx: Context, after: After = 0, names: WithNames = False) -> Reply:
    """Keep the audit log of what belongs to no school elsewhere, as a file."""
    return _file(ctx, None, after, named=names)


def _file(ctx: Context, school: School | None, after: int, *, named: bool) -> Reply:
    chain, most = school.id if school else SYSTEM_CHAIN, _NAMED if named else _IN_FILE
    found = list(ctx.uow.audit.chain(chain, after=max(after - 1, 0), limit=most + 1))
    before = found.pop(0) if after and found else None
    total, _ = ctx.uow.audit.head(chain)
    part = cards.Part(school, found[:most], total)
    if not part.entries:
        return Reply(cards.nothing(part))
    if named:
        names = _names(ctx, [one.entry for one in part.entries], school)
        return Reply(drawn=cards.readable(part, names, ctx.zone))
    lines = audit_lines.lines(part.entries, before.hash if before else GENESIS)
    return Reply(cards.exported(part, "".join(f"{line}\n" for line in lines)))


def _system_page(ctx: Context, what: str, *, after: str | None) -> Card:
    found = ctx.uow.audit.listed(
        SYSTEM_CHAIN, action=action_words(what.casefold()), person_id=None, after=after, limit=PAGE + 1
    )
    wanted = {"what": what} if what else {}
    return cards.listed(found[:PAGE], _names(ctx, found[:PAGE], None), None, wanted, more=len(found) > PAGE)


def _page(ctx: Context, what: str, person_id: str, *, after: str | None) -> Card:
    found = _told(ctx, what, person_id, after=after, limit=PAGE + 1)
    names = _names(ctx, found[:PAGE], ctx.school)
    asked = {"what": what, "person": person_id}
    wanted = {name: value for name, value in asked.items() if value}
    return cards.listed(found[:PAGE], names, ctx.school, wanted, more=len(found) > PAGE)


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
        case following_ports.FOLLOWED:
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
    workspace = ctx.uow.schools.workspace(WorkspaceKey(Platform(platform), of))
    return f"{workspace.name} ({platforms([platform])})" if workspace and workspace.name else ""
