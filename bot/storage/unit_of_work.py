"""The unit of work: every repository, over the connection of one transaction."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy import Connection

from bot.storage.accounts import SqlAccounts
from bot.storage.addressed import SqlAddressed
from bot.storage.audit import SqlAudit
from bot.storage.bans import SqlBans
from bot.storage.batches import SqlBatches
from bot.storage.broadcast_recipients import SqlRecipients
from bot.storage.broadcasts import SqlBroadcasts
from bot.storage.bulk import SqlBulkJobs
from bot.storage.card_copies import SqlCardCopies
from bot.storage.claims import SqlClaims
from bot.storage.clock_correction import SqlMoments
from bot.storage.custom_roles import SqlCustomRoles
from bot.storage.digests import SqlDigests
from bot.storage.direct import flush
from bot.storage.districts import SqlDistricts
from bot.storage.follow_marks import SqlFollowMarks
from bot.storage.followings import SqlFollowings
from bot.storage.holdings import SqlHoldings
from bot.storage.installations import SqlInstallations
from bot.storage.invitations import SqlInvitations
from bot.storage.jobs import SqlJobStates
from bot.storage.join_requests import SqlJoinRequests
from bot.storage.leaks import SqlLeaks
from bot.storage.members import SqlMembers
from bot.storage.message_templates import SqlMessageTemplates
from bot.storage.mirrors import SqlMirrors
from bot.storage.misses import SqlMisses
from bot.storage.name_parts import SqlNameParts
from bot.storage.oneroster import SqlOneRosters
from bot.storage.oneroster_known import SqlOneRosterKnown
from bot.storage.outbox import SqlOutbox
from bot.storage.passwords import SqlPasswords
from bot.storage.people import SqlPeople
from bot.storage.replicas import SqlArrivals, SqlLeases
from bot.storage.reports import SqlReports
from bot.storage.retention import SqlLeftovers
from bot.storage.roster_people import SqlRosterPeople
from bot.storage.roster_steps import SqlRosterSteps
from bot.storage.rosters import SqlRosters
from bot.storage.school_settings import SqlSchoolSettings
from bot.storage.schools import SqlSchools
from bot.storage.scim import SqlScimTokens, SqlScimUsers
from bot.storage.scim_groups import SqlScimGroups
from bot.storage.scim_pages import Ends, Pages
from bot.storage.secret_keys import SqlSecretKeys
from bot.storage.sendings import SqlSendings
from bot.storage.stuck import SqlStuckThings
from bot.storage.system import SqlSystem
from bot.storage.vault import Vault
from bot.storage.waking import Queue
from bot.storage.workspace_events import SqlWorkspaceEvents

T = TypeVar("T")


class _Made(Generic[T]):
    """A repository that is created on first access, because most units use only a few of them."""

    def __init__(self, make: "Callable[[SqlUnitOfWork], T]") -> None:
        self._make = make

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, uow: "SqlUnitOfWork", _: type) -> T:
        # The entry in the unit's `__dict__` shadows this descriptor, so later accesses do not come here.
        made = uow.__dict__[self._name] = self._make(uow)
        return made


def _over(repository: Callable[[Connection], T]) -> _Made[T]:
    """Declare a repository that needs nothing but the connection."""
    return _Made(lambda uow: repository(uow.connection))


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

    def to(self, queue: Queue) -> Callable[[], None]:
        """Return a callback that notes that this unit may have added work to a queue."""
        return partial(self.queued.add, queue)

    people = _Made(lambda uow: SqlPeople(uow.connection, uow.now))
    schools = _over(SqlSchools)
    members = _Made(lambda uow: SqlMembers(uow.connection, uow.now, uow.people.fresh))
    invitations = _Made(lambda uow: SqlInvitations(uow.connection, uow.vault))
    addressed = _Made(lambda uow: SqlAddressed(uow.connection, uow.vault))
    join_requests = _over(SqlJoinRequests)
    audit = _over(SqlAudit)
    outbox = _Made(lambda uow: SqlOutbox(uow.connection, uow.to(Queue.OUTBOX)))
    card_copies = _over(SqlCardCopies)
    claims = _over(SqlClaims)
    workspace_events = _over(SqlWorkspaceEvents)
    bans = _over(SqlBans)
    mirrors = _over(SqlMirrors)
    roles = _over(SqlCustomRoles)
    districts = _over(SqlDistricts)
    system = _over(SqlSystem)
    accounts = _over(SqlAccounts)
    holdings = _over(SqlHoldings)
    bulk = _Made(lambda uow: SqlBulkJobs(uow.connection, uow.to(Queue.BULK)))
    broadcasts = _Made(lambda uow: SqlBroadcasts(uow.connection, uow.vault, uow.now, uow.to(Queue.MESSAGES)))
    recipients = _Made(lambda uow: SqlRecipients(uow.connection, uow.now, uow.to(Queue.MESSAGES)))
    templates = _over(SqlMessageTemplates)
    settings = _over(SqlSchoolSettings)
    sendings = _over(SqlSendings)
    batches = _Made(lambda uow: SqlBatches(uow.connection, uow.vault))
    leaks = _over(SqlLeaks)
    moments = _over(SqlMoments)
    secret_keys = _Made(lambda uow: SqlSecretKeys(uow.connection, uow.vault))
    misses = _Made(lambda uow: SqlMisses(uow.connection, uow.vault, uow.now))
    name_parts = _over(SqlNameParts)
    jobs = _over(SqlJobStates)
    stuck = _over(SqlStuckThings)
    leftovers = _over(SqlLeftovers)
    arrivals = _over(SqlArrivals)
    leases = _over(SqlLeases)
    digests = _over(SqlDigests)
    followings = _over(SqlFollowings)
    follow_marks = _over(SqlFollowMarks)
    installations = _Made(lambda uow: SqlInstallations(uow.connection, uow.vault))
    oneroster = _Made(lambda uow: SqlOneRosters(uow.connection, uow.to(Queue.ONEROSTER)))
    oneroster_known = _over(SqlOneRosterKnown)
    passwords = _over(SqlPasswords)
    scim_tokens = _over(SqlScimTokens)
    scim_pages = _Made(lambda uow: Pages(uow.connection, uow.now, uow.named_administrators, uow.ends))
    scim_users = _Made(lambda uow: SqlScimUsers(uow.connection, uow.scim_pages, uow.people.fresh))
    scim_groups = _over(SqlScimGroups)
    rosters = _Made(lambda uow: SqlRosters(uow.connection, uow.to(Queue.ROSTERS)))
    roster_steps = _over(SqlRosterSteps)
    roster_people = _Made(lambda uow: SqlRosterPeople(uow.connection, uow.now))
    reports = _over(SqlReports)

    def settle(self) -> None:
        """Send every write that is still held back, so that the database reports any error now."""
        if self.connection.dialect.name == "postgresql":  # on SQLite writes are never held back
            flush(self.connection)
