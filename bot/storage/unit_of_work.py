"""The unit of work: every repository, over the connection of one transaction."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy import Connection

from bot.storage.audit import SqlAudit
from bot.storage.bulk import SqlBulkJobs
from bot.storage.claims import SqlClaims
from bot.storage.clock_correction import SqlMoments
from bot.storage.following.followings import SqlFollowings
from bot.storage.following.marks import SqlFollowMarks
from bot.storage.held_back import flush
from bot.storage.invitations.addressed import SqlAddressed
from bot.storage.invitations.batches import SqlBatches
from bot.storage.invitations.invitations import SqlInvitations
from bot.storage.invitations.leaks import SqlLeaks
from bot.storage.invitations.misses import SqlMisses
from bot.storage.invitations.sendings import SqlSendings
from bot.storage.jobs import SqlJobStates
from bot.storage.messages.broadcasts import SqlBroadcasts
from bot.storage.messages.recipients import SqlRecipients
from bot.storage.messages.templates import SqlMessageTemplates
from bot.storage.notices.card_copies import SqlCardCopies
from bot.storage.notices.outbox import SqlOutbox
from bot.storage.oneroster.known import SqlOneRosterKnown
from bot.storage.oneroster.sources import SqlOneRosters
from bot.storage.people.accounts import SqlAccounts
from bot.storage.people.holdings import SqlHoldings
from bot.storage.people.members import SqlMembers
from bot.storage.people.name_parts import SqlNameParts
from bot.storage.people.passwords import SqlPasswords
from bot.storage.people.people import SqlPeople
from bot.storage.replicas import SqlArrivals, SqlLeases
from bot.storage.requests.digests import SqlDigests
from bot.storage.requests.join_requests import SqlJoinRequests
from bot.storage.requests.mirrors import SqlMirrors
from bot.storage.retention import SqlLeftovers
from bot.storage.rights.custom_roles import SqlCustomRoles
from bot.storage.rosters.imports import SqlRosters
from bot.storage.rosters.people import SqlRosterPeople
from bot.storage.rosters.steps import SqlRosterSteps
from bot.storage.schools.districts import SqlDistricts
from bot.storage.schools.reports import SqlReports
from bot.storage.schools.schools import SqlSchools
from bot.storage.schools.settings import SqlSchoolSettings
from bot.storage.schools.system import SqlSystem
from bot.storage.scim.groups import SqlScimGroups
from bot.storage.scim.pages import Ends, Pages
from bot.storage.scim.users import SqlScimTokens, SqlScimUsers
from bot.storage.secret_keys import SqlSecretKeys
from bot.storage.stuck import SqlStuckThings
from bot.storage.vault import Vault
from bot.storage.waking import Queue
from bot.storage.workspaces.bans import SqlBans
from bot.storage.workspaces.events import SqlWorkspaceEvents
from bot.storage.workspaces.installations import SqlInstallations
from bot.storage.workspaces.workspaces import SqlWorkspaces

T = TypeVar("T")


class _Lazy(Generic[T]):
    """A repository that is created on first access, because most units use only a few of them."""

    def __init__(self, make: "Callable[[SqlUnitOfWork], T]") -> None:
        self._create = make

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, uow: "SqlUnitOfWork", _: type) -> T:
        # The entry in the unit's `__dict__` shadows this descriptor, so later accesses do not come here.
        repository = uow.__dict__[self._name] = self._create(uow)
        return repository


def _with_connection(repository: Callable[[Connection], T]) -> _Lazy[T]:
    """Declare a repository that needs nothing but the connection."""
    return _Lazy(lambda uow: repository(uow.connection))


class SqlUnitOfWork:
    """The repositories over one connection; the caller that opened the transaction commits it.

    `queued` collects the queues to which this unit may have added work, so that their workers can be woken.
    """

    def __init__(
        self,
        connection: Connection,
        now: datetime,
        vault: Vault,
        named_administrators: frozenset[str] = frozenset(),
        ends: Ends | None = None,
    ) -> None:
        """Wrap a connection that is already in a transaction."""
        self.connection = connection
        self.vault = vault
        self.now = now
        self.named_administrators = named_administrators
        self.ends = ends or Ends()
        self.queued: set[Queue] = set()

    def waker(self, queue: Queue) -> Callable[[], None]:
        """Return a callback that notes that this unit may have added work to a queue."""
        return partial(self.queued.add, queue)

    people = _Lazy(lambda uow: SqlPeople(uow.connection, uow.now))
    schools = _with_connection(SqlSchools)
    workspaces = _with_connection(SqlWorkspaces)
    members = _Lazy(lambda uow: SqlMembers(uow.connection, uow.now, uow.people.added))
    invitations = _Lazy(lambda uow: SqlInvitations(uow.connection, uow.vault))
    addressed = _Lazy(lambda uow: SqlAddressed(uow.connection, uow.vault))
    join_requests = _with_connection(SqlJoinRequests)
    audit = _with_connection(SqlAudit)
    outbox = _Lazy(lambda uow: SqlOutbox(uow.connection, uow.waker(Queue.OUTBOX)))
    card_copies = _with_connection(SqlCardCopies)
    claims = _with_connection(SqlClaims)
    workspace_events = _with_connection(SqlWorkspaceEvents)
    bans = _with_connection(SqlBans)
    mirrors = _with_connection(SqlMirrors)
    roles = _with_connection(SqlCustomRoles)
    districts = _with_connection(SqlDistricts)
    system = _with_connection(SqlSystem)
    accounts = _with_connection(SqlAccounts)
    holdings = _with_connection(SqlHoldings)
    bulk = _Lazy(lambda uow: SqlBulkJobs(uow.connection, uow.waker(Queue.BULK)))
    broadcasts = _Lazy(
        lambda uow: SqlBroadcasts(uow.connection, uow.vault, uow.now, uow.waker(Queue.MESSAGES))
    )
    recipients = _Lazy(lambda uow: SqlRecipients(uow.connection, uow.now, uow.waker(Queue.MESSAGES)))
    templates = _with_connection(SqlMessageTemplates)
    settings = _with_connection(SqlSchoolSettings)
    sendings = _with_connection(SqlSendings)
    batches = _Lazy(lambda uow: SqlBatches(uow.connection, uow.vault))
    leaks = _with_connection(SqlLeaks)
    moments = _with_connection(SqlMoments)
    secret_keys = _Lazy(lambda uow: SqlSecretKeys(uow.connection, uow.vault))
    misses = _Lazy(lambda uow: SqlMisses(uow.connection, uow.vault, uow.now))
    name_parts = _with_connection(SqlNameParts)
    jobs = _with_connection(SqlJobStates)
    stuck = _with_connection(SqlStuckThings)
    leftovers = _with_connection(SqlLeftovers)
    arrivals = _with_connection(SqlArrivals)
    leases = _with_connection(SqlLeases)
    digests = _with_connection(SqlDigests)
    followings = _with_connection(SqlFollowings)
    follow_marks = _with_connection(SqlFollowMarks)
    installations = _Lazy(lambda uow: SqlInstallations(uow.connection, uow.vault))
    oneroster = _Lazy(lambda uow: SqlOneRosters(uow.connection, uow.waker(Queue.ONEROSTER)))
    oneroster_known = _with_connection(SqlOneRosterKnown)
    passwords = _with_connection(SqlPasswords)
    scim_tokens = _with_connection(SqlScimTokens)
    scim_pages = _Lazy(lambda uow: Pages(uow.connection, uow.now, uow.named_administrators, uow.ends))
    scim_users = _Lazy(lambda uow: SqlScimUsers(uow.connection, uow.scim_pages, uow.people.added))
    scim_groups = _with_connection(SqlScimGroups)
    rosters = _Lazy(lambda uow: SqlRosters(uow.connection, uow.waker(Queue.ROSTERS)))
    roster_steps = _with_connection(SqlRosterSteps)
    roster_people = _Lazy(lambda uow: SqlRosterPeople(uow.connection, uow.now))
    reports = _with_connection(SqlReports)

    def settle(self) -> None:
        """Send every write that is still held back, so that the database reports any error now."""
        if self.connection.dialect.name == "postgresql":  # on SQLite writes are never held back
            flush(self.connection)
