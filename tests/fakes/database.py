"""A unit of work in memory, and the fake database that runs it: all of a unit takes effect, or nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from bot.core.ports import Clock, UnitOfWork
from tests.fakes.addressed import FakeAddressed
from tests.fakes.batches import FakeBatches
from tests.fakes.broadcasts import FakeBroadcasts, FakeMessageTemplates
from tests.fakes.bulk import FakeBulkJobs
from tests.fakes.digests import FakeDigests
from tests.fakes.door import FakeClaims, FakeInvitations, FakeJoinRequests
from tests.fakes.follow_marks import FakeFollowMarks
from tests.fakes.followings import FakeFollowings
from tests.fakes.holdings import FakeAccounts, FakeHoldings
from tests.fakes.installations import FakeInstallations
from tests.fakes.jobs import FakeJobStates
from tests.fakes.leaks import FakeLeaks
from tests.fakes.leftovers import FakeLeftovers
from tests.fakes.members import FakeMembers
from tests.fakes.misses import FakeMisses
from tests.fakes.moments import FakeMoments
from tests.fakes.name_parts import FakeNameParts
from tests.fakes.oneroster import FakeOneRosters
from tests.fakes.oneroster_known import FakeOneRosterKnown
from tests.fakes.passwords import FakePasswords
from tests.fakes.people import FakePeople
from tests.fakes.recipients import FakeRecipients
from tests.fakes.records import FakeAudit, FakeCardCopies, FakeOutbox
from tests.fakes.replicas import FakeArrivals, FakeLeases
from tests.fakes.reports import FakeReports
from tests.fakes.roster_people import FakeRosterPeople
from tests.fakes.roster_steps import FakeRosterSteps
from tests.fakes.rosters import FakeRosters
from tests.fakes.schools import FakeSchools
from tests.fakes.scim import FakeScimGroups, FakeScimTokens, FakeScimUsers
from tests.fakes.scopes import FakeCustomRoles, FakeDistricts, FakeSettings, FakeSystem
from tests.fakes.secret_keys import FakeSecretKeys
from tests.fakes.sendings import FakeSendings
from tests.fakes.state import State
from tests.fakes.stuck import FakeStuckThings
from tests.fakes.workspace_events import FakeBans, FakeMirrors, FakeWorkspaceEvents
from tests.fakes.workspaces import FakeWorkspaces

T = TypeVar("T")


class FakeUnitOfWork:
    """A unit of work whose repositories are the fakes over one state."""

    def __init__(self, state: State, now: datetime, named_administrators: frozenset[str]) -> None:
        self.now = now
        self.named_administrators = named_administrators
        self.people = FakePeople(state)
        self.schools, self.workspaces = FakeSchools(state), FakeWorkspaces(state)
        self.members = FakeMembers(state, now)
        self.invitations = FakeInvitations(state)
        self.join_requests = FakeJoinRequests(state)
        self.audit = FakeAudit(state)
        self.outbox = FakeOutbox(state)
        self.card_copies = FakeCardCopies(state)
        self.claims = FakeClaims(state)
        self.roles = FakeCustomRoles(state)
        self.districts = FakeDistricts(state)
        self.system = FakeSystem(state)
        self.accounts = FakeAccounts(state)
        self.holdings = FakeHoldings(state)
        self.addressed = FakeAddressed(state)
        self.bulk = FakeBulkJobs(state)
        self.broadcasts = FakeBroadcasts(state, now)
        self.recipients = FakeRecipients(state, now)
        self.templates = FakeMessageTemplates(state)
        self.settings = FakeSettings(state)
        self.sendings = FakeSendings(state)
        self.batches = FakeBatches(state)
        self.leaks = FakeLeaks(state)
        self.misses = FakeMisses(state, now)
        self.name_parts = FakeNameParts()
        self.moments = FakeMoments(state)
        self.secret_keys = FakeSecretKeys(state)
        self.jobs = FakeJobStates(state)
        self.leftovers = FakeLeftovers(state)
        self.arrivals = FakeArrivals(state)
        self.leases = FakeLeases(state)
        self.digests = FakeDigests(state)
        self.followings = FakeFollowings(state)
        self.follow_marks = FakeFollowMarks(state)
        self.oneroster = FakeOneRosters(state)
        self.oneroster_known = FakeOneRosterKnown(state)
        self.passwords = FakePasswords(state)
        self.installations = FakeInstallations(state)
        self.scim_tokens = FakeScimTokens(state)
        self.scim_users = FakeScimUsers(state, named_administrators)
        self.scim_groups = FakeScimGroups(state)
        self.rosters = FakeRosters(state)
        self.roster_steps = FakeRosterSteps(state)
        self.roster_people = FakeRosterPeople(state, now)
        self.stuck = FakeStuckThings(state)
        self.reports = FakeReports(state)
        self.workspace_events, self.bans = FakeWorkspaceEvents(state), FakeBans(state)
        self.mirrors = FakeMirrors(state)

    def settle(self) -> None:
        """Do nothing: no statements are deferred here."""


class WroteWhileReading(Exception):
    """A unit that was only to read has changed something."""


class FakeDatabase:
    """Runs each unit on a copy of the state, which replaces the state if the unit raises nothing."""

    def __init__(self, clock: Clock, named_administrators: frozenset[str] = frozenset()) -> None:
        self.clock = clock
        self.named_administrators = named_administrators
        self.state = State()

    async def run(self, unit: Callable[[UnitOfWork], T]) -> T:
        state = self.state.copied()
        value = unit(FakeUnitOfWork(state, self.clock.now(), self.named_administrators))
        self.state = state
        return value

    async def run_apart(self, unit: Callable[[UnitOfWork], T]) -> T:
        return await self.run(unit)

    async def read(self, unit: Callable[[UnitOfWork], T]) -> T:
        state = self.state.copied()
        value = unit(FakeUnitOfWork(state, self.clock.now(), self.named_administrators))
        if state != self.state:
            raise WroteWhileReading
        return value
