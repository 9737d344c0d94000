"""One transaction's view of everything."""

from datetime import datetime

from sqlalchemy import Connection

from bot.storage.accounts import SqlAccounts
from bot.storage.addressed import SqlAddressed
from bot.storage.audit import SqlAudit
from bot.storage.batches import SqlBatches
from bot.storage.broadcast_recipients import SqlRecipients
from bot.storage.broadcasts import SqlBroadcasts
from bot.storage.bulk import SqlBulkJobs
from bot.storage.claims import SqlClaims
from bot.storage.comings import SqlComings
from bot.storage.digests import SqlDigests
from bot.storage.districts import SqlDistricts
from bot.storage.follow_marks import SqlFollowMarks
from bot.storage.followings import SqlFollowings
from bot.storage.holdings import SqlHoldings
from bot.storage.installations import SqlInstallations
from bot.storage.invitations import SqlInvitations
from bot.storage.jobs import SqlJobStates
from bot.storage.join_requests import SqlJoinRequests
from bot.storage.leaks import SqlLeaks
from bot.storage.leftovers import SqlLeftovers
from bot.storage.members import SqlMembers
from bot.storage.message_templates import SqlMessageTemplates
from bot.storage.mirrors import SqlMirrors
from bot.storage.misses import SqlMisses
from bot.storage.oneroster import SqlOneRosters
from bot.storage.oneroster_known import SqlOneRosterKnown
from bot.storage.outbox import SqlOutbox
from bot.storage.passwords import SqlPasswords
from bot.storage.people import SqlPeople
from bot.storage.replicas import SqlArrivals, SqlLeases
from bot.storage.reports import SqlReports
from bot.storage.roles import SqlCustomRoles, SqlSystem
from bot.storage.roster_people import SqlRosterPeople
from bot.storage.roster_steps import SqlRosterSteps
from bot.storage.rosters import SqlRosters
from bot.storage.school_settings import SqlSchoolSettings
from bot.storage.schools import SqlSchools
from bot.storage.scim import SqlScimTokens, SqlScimUsers
from bot.storage.scim_groups import SqlScimGroups
from bot.storage.sendings import SqlSendings
from bot.storage.stuck import SqlStuckThings
from bot.storage.vault import Vault


class SqlUnitOfWork:
    """The repositories over one connection; whoever made it commits."""

    __slots__ = (
        "accounts",
        "addressed",
        "arrivals",
        "audit",
        "batches",
        "broadcasts",
        "bulk",
        "claims",
        "comings",
        "digests",
        "districts",
        "follow_marks",
        "followings",
        "holdings",
        "installations",
        "invitations",
        "jobs",
        "join_requests",
        "leaks",
        "leases",
        "leftovers",
        "members",
        "mirrors",
        "misses",
        "now",
        "oneroster",
        "oneroster_known",
        "outbox",
        "passwords",
        "people",
        "recipients",
        "reports",
        "roles",
        "roster_people",
        "roster_steps",
        "rosters",
        "rulers",
        "schools",
        "scim_groups",
        "scim_tokens",
        "scim_users",
        "sendings",
        "settings",
        "stuck",
        "system",
        "templates",
    )

    def __init__(
        self, connection: Connection, now: datetime, vault: Vault, rulers: frozenset[str] = frozenset()
    ) -> None:
        """Look at a connection that is in a transaction."""
        self.now = now
        self.rulers = rulers
        self.people = SqlPeople(connection, now)
        fresh = self.people.fresh
        self.schools = SqlSchools(connection)
        self.members = SqlMembers(connection, now, fresh)
        self.invitations = SqlInvitations(connection, vault)
        self.addressed = SqlAddressed(self.invitations)
        self.join_requests = SqlJoinRequests(connection)
        self.audit = SqlAudit(connection)
        self.outbox = SqlOutbox(connection)
        self.claims = SqlClaims(connection)
        self.comings = SqlComings(connection)
        self.mirrors = SqlMirrors(connection)
        self.roles = SqlCustomRoles(connection)
        self.districts = SqlDistricts(connection)
        self.system = SqlSystem(connection)
        self.accounts = SqlAccounts(connection)
        self.holdings = SqlHoldings(connection)
        self.bulk = SqlBulkJobs(connection)
        self.broadcasts = SqlBroadcasts(connection, vault, now)
        self.recipients = SqlRecipients(connection, now)
        self.templates = SqlMessageTemplates(connection)
        self.settings = SqlSchoolSettings(connection)
        self.sendings = SqlSendings(connection)
        self.batches = SqlBatches(self.invitations)
        self.leaks = SqlLeaks(connection)
        self.misses = SqlMisses(connection, vault, now)
        self.jobs = SqlJobStates(connection)
        self.stuck = SqlStuckThings(connection)
        self.leftovers = SqlLeftovers(connection)
        self.arrivals = SqlArrivals(connection)
        self.leases = SqlLeases(connection)
        self.digests = SqlDigests(connection)
        self.followings = SqlFollowings(connection)
        self.follow_marks = SqlFollowMarks(connection)
        self.installations = SqlInstallations(connection, vault)
        self.oneroster = SqlOneRosters(connection)
        self.oneroster_known = SqlOneRosterKnown(connection)
        self.passwords = SqlPasswords(connection)
        self.scim_tokens = SqlScimTokens(connection)
        self.scim_users = SqlScimUsers(connection, rulers, fresh)
        self.scim_groups = SqlScimGroups(connection)
        self.rosters = SqlRosters(connection)
        self.roster_steps = SqlRosterSteps(connection)
        self.roster_people = SqlRosterPeople(connection, now)
        self.reports = SqlReports(connection)
