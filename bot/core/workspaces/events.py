"""People who join, leave or are banned from workspaces: the welcome, and requests of those who have left.

Platforms report the same event several times, and people leave and join again: each is handled only once.
"""

from datetime import UTC, datetime, timedelta

from bot.core import audit
from bot.core.following import marks as following_marks
from bot.core.notices import destinations
from bot.core.notices.notices import (
    Audience,
    Destination,
    Loss,
    Notice,
    redraw_copies,
    tell_each_time,
    tell_if_new,
    tell_once,
)
from bot.core.ports import UnitOfWork
from bot.core.requests import views as request_views
from bot.core.requests.join_requests import JoinRequest
from bot.core.requests.views import RequestView
from bot.core.rights.actors import AccountKey, WorkspaceKey
from bot.core.rights.permissions import Permission
from bot.core.schools.schools import School
from bot.core.values import dataclass
from bot.core.workspaces import bans

WELCOME = "welcome"
# How many schools a welcome names at most.
MOST_NAMED = 5
# How many people a minute get a welcome of their own; of the rest, the admins get one line.
MOST_WELCOMED = 20
CROWD = "crowd"
# Stands for “no channel”: people whom no direct message reaches are then not greeted at all.
_NOWHERE = "-"
# Stands for the account in the subject of a greeting in a channel.
_ANYBODY = "-"


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a newcomer is shown: the request that they wait for, or the schools that they could join."""

    place: str
    schools: tuple[School, ...] = ()
    waiting: RequestView | None = None


def matters(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> bool:
    """Tell whether an account joining or leaving a workspace matters to us."""
    served = bool(uow.schools.linked_to(workspace))
    return served or bool(uow.follow_marks.of_account(workspace, account.subject))


def joined(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey, channel: str = "") -> None:
    """Welcome an account that joins a workspace, once, and give it the roles that follow its holder's roles.

    `channel` is where newcomers are greeted if no direct message reaches them.
    """
    following_marks.account_joined(uow, workspace, account)
    returned(uow, workspace, account)
    of = f"{workspace.path}/{channel or _NOWHERE}/{account.subject}"
    if welcome(uow, of) is not None:
        key, subject = f"{WELCOME} {workspace.path} {account}", f"{WELCOME}:{of}"
        fresh = tell_if_new(uow, subject, Audience.NEWCOMER, Destination.direct(account), key)
        if fresh is not None:
            _withhold_in_crowd(uow, workspace, subject, fresh)


def _withhold_in_crowd(uow: UnitOfWork, workspace: WorkspaceKey, subject: str, fresh: str) -> None:
    """Withhold the welcome if too many join at once: the channel greets them all, and the admins are told."""
    minute = uow.now.replace(second=0, microsecond=0)
    if uow.workspace_events.count_newcomer(workspace, minute) <= MOST_WELCOMED:
        return
    # Its key stays in the outbox, so that a repeated event is not counted again.
    uow.outbox.mark_delivered(fresh, uow.now)
    greet_here(uow, subject)
    at = minute + timedelta(minutes=1)
    for school in uow.schools.linked_to(workspace):
        if not uow.settings.of(school.id).welcomes:
            continue
        of = f"{school.id}/{workspace.path}/{minute:%Y-%m-%dT%H:%M}"
        for place in destinations.admins(uow, school.id, Permission.SCHOOL_EDIT):
            tell_once(uow, f"{CROWD}:{of}", Audience.ADMIN, place, f"{CROWD} {of} {place}", at)


def waits(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> bool:
    """Tell whether a person waits for an answer in a workspace."""
    return bool(_waiting(uow, workspace, account))


def returned(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> None:
    """Unmark the requests of an applicant who is back in a workspace."""
    for request in _waiting(uow, workspace, account):
        if request.gone_at is not None and uow.join_requests.record_return(request.id):
            _redraw_and_audit(uow, request, "applicant_back", account)


def left(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> None:
    """Mark the requests of an applicant who leaves a workspace; their memberships stay."""
    for request in _waiting(uow, workspace, account):
        applicant_left(uow, request, account)


def applicant_left(uow: UnitOfWork, request: JoinRequest, account: AccountKey) -> None:
    """Mark a waiting request whose applicant has left."""
    if uow.join_requests.record_departure(request.id, uow.now):
        _redraw_and_audit(uow, request, "applicant_gone", account)


def banned(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> None:
    """Store that an account was banned from a workspace, and tell the admins of that person's schools there.

    Does nothing if the ban is already known.
    """
    if not uow.bans.add(workspace, account.subject, uow.now):
        return
    person = uow.people.by_account(account)
    for school in uow.schools.linked_to(workspace):
        membership = uow.members.of(school.id, person.id) if person else None
        subject = bans.subject_of(membership) if membership else ""
        _record_ban(uow, workspace, school, subject or school.subject, "account_banned")
        for place in destinations.admins(uow, school.id, Permission.MEMBER_SUSPEND) if subject else ():
            tell_each_time(uow, subject, Audience.ADMIN, place)
    left(uow, workspace, account)


def unbanned(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> None:
    """Delete a ban that the platform has lifted."""
    if uow.bans.drop(workspace, account.subject):
        for school in uow.schools.linked_to(workspace):
            _record_ban(uow, workspace, school, school.subject, "account_unbanned")


def _record_ban(uow: UnitOfWork, workspace: WorkspaceKey, school: School, subject: str, how: str) -> None:
    new: dict[str, object] = {"workspace": str(workspace)}
    audit.record_without_actor(
        uow, f"school.{how}", subject, front=workspace.platform.value, school_id=school.id, new=new
    )


def _waiting(uow: UnitOfWork, workspace: WorkspaceKey, account: AccountKey) -> list[JoinRequest]:
    """List the requests made with an account that wait in the schools of a workspace."""
    person = uow.people.by_account(account)
    if person is None:
        return []
    asked = (uow.join_requests.pending_of(one.id, person.id) for one in uow.schools.linked_to(workspace))
    return [one for one in asked if one is not None and one.account == account]


def _redraw_and_audit(uow: UnitOfWork, request: JoinRequest, how: str, account: AccountKey) -> None:
    redraw_copies(uow, request.subject)
    audit.record_without_actor(
        uow,
        f"join_request.{how}",
        request.subject,
        front=account.issuer,
        school_id=request.school_id,
        new={},
    )


def _parse(of: str) -> tuple[WorkspaceKey, str, AccountKey]:
    """Split the id of a welcome into its workspace, channel and account."""
    _, _, channel, subject = of.split("/", 3)  # a Slack account's id contains a /
    workspace = WorkspaceKey.from_path(of)
    return workspace, channel, AccountKey(workspace.platform.value, subject)


def welcome(uow: UnitOfWork, of: str) -> Welcome | None:
    """Gather what a welcome shows at this moment; None if there is nothing to offer."""
    key, _, account = _parse(of)
    workspace, person = uow.workspaces.by_key(key), uow.people.by_account(account)
    if workspace is None:
        return None
    welcoming = [one for one in uow.schools.linked_to(key) if uow.settings.of(one.id).welcomes]
    named = {one.id for one in welcoming}
    for request in _waiting(uow, key, account):
        if request.school_id not in named:
            continue
        return Welcome(workspace.name, waiting=request_views.view(uow, request))
    known = ((one, uow.members.of(one.id, person.id) if person else None) for one in welcoming)
    open_to_them = tuple(one for one, membership in known if membership is None)
    return Welcome(workspace.name, open_to_them[:MOST_NAMED]) if open_to_them else None


def unreached(uow: UnitOfWork, notice: Notice, loss: Loss) -> None:
    """Greet a newcomer in the channel, at most once a day, if a direct message did not reach them."""
    if notice.audience is Audience.NEWCOMER and loss in {Loss.REFUSED, Loss.GONE}:
        greet_here(uow, notice.subject)


def greet_here(uow: UnitOfWork, subject: str) -> None:
    """Greet newcomers in the channel, at most once a day."""
    key, channel, _ = _parse(subject.partition(":")[2])
    if channel != _NOWHERE:
        once = f"{WELCOME} in {channel} {uow.now:%Y-%m-%d}"
        to = Destination.in_channel(key, channel)
        # The greeting is for everybody, so it does not keep the account of the first who came.
        tell_once(uow, f"{WELCOME}:{key.path}/{channel}/{_ANYBODY}", Audience.NEWCOMER_HERE, to, once)


def crowd(uow: UnitOfWork, of: str) -> tuple[str, int] | None:
    """Return the name of a workspace and how many people joined it in a minute; None if it is unknown."""
    _, _, place = of.partition("/")
    minute = place.rpartition("/")[2]
    workspace = uow.workspaces.by_key(WorkspaceKey.from_path(place))
    at = datetime.strptime(minute, "%Y-%m-%dT%H:%M").replace(tzinfo=UTC)
    return (workspace.name, uow.workspace_events.newcomers(workspace.key, at)) if workspace else None
