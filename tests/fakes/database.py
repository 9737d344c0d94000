"""A unit of work in memory, and the fake database that runs it: all of a unit takes effect, or nothing."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from bot.core.ports import Clock, UnitOfWork
from bot.storage.waking import Queue, Waking
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


def _over(fake: Callable[[State], T]) -> cached_property[T]:
    """Declare a fake that needs nothing but the state."""
    return cached_property(lambda uow: fake(uow.state))


class FakeUnitOfWork:
    """A unit of work whose repositories are the fakes over one state, each made when it is first used."""

    def __init__(self, state: State, now: datetime, named_administrators: frozenset[str]) -> None:
        self.state = state
        self.now = now
        self.named_administrators = named_administrators

    people = _over(FakePeople)
    schools = _over(FakeSchools)
    workspaces = _over(FakeWorkspaces)
    members = cached_property(lambda uow: FakeMembers(uow.state, uow.now))
    invitations = _over(FakeInvitations)
    join_requests = _over(FakeJoinRequests)
    audit = _over(FakeAudit)
    outbox = _over(FakeOutbox)
    card_copies = _over(FakeCardCopies)
    claims = _over(FakeClaims)
    roles = _over(FakeCustomRoles)
    districts = _over(FakeDistricts)
    system = _over(FakeSystem)
    accounts = _over(FakeAccounts)
    holdings = _over(FakeHoldings)
    addressed = _over(FakeAddressed)
    bulk = _over(FakeBulkJobs)
    broadcasts = cached_property(lambda uow: FakeBroadcasts(uow.state, uow.now))
    recipients = cached_property(lambda uow: FakeRecipients(uow.state, uow.now))
    templates = _over(FakeMessageTemplates)
    settings = _over(FakeSettings)
    sendings = _over(FakeSendings)
    batches = _over(FakeBatches)
    leaks = _over(FakeLeaks)
    misses = cached_property(lambda uow: FakeMisses(uow.state, uow.now))
    name_parts = cached_property(lambda _: FakeNameParts())
    moments = _over(FakeMoments)
    secret_keys = _over(FakeSecretKeys)
    jobs = _over(FakeJobStates)
    leftovers = _over(FakeLeftovers)
    arrivals = _over(FakeArrivals)
    leases = _over(FakeLeases)
    digests = _over(FakeDigests)
    followings = _over(FakeFollowings)
    follow_marks = _over(FakeFollowMarks)
    oneroster = _over(FakeOneRosters)
    oneroster_known = _over(FakeOneRosterKnown)
    passwords = _over(FakePasswords)
    installations = _over(FakeInstallations)
    scim_tokens = _over(FakeScimTokens)
    scim_users = cached_property(lambda uow: FakeScimUsers(uow.state, uow.named_administrators))
    scim_groups = _over(FakeScimGroups)
    rosters = _over(FakeRosters)
    roster_steps = _over(FakeRosterSteps)
    roster_people = cached_property(lambda uow: FakeRosterPeople(uow.state, uow.now))
    stuck = _over(FakeStuckThings)
    reports = _over(FakeReports)
    workspace_events = _over(FakeWorkspaceEvents)
    bans = _over(FakeBans)
    mirrors = _over(FakeMirrors)

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
        self.waking = Waking()

    async def run(self, unit: Callable[[UnitOfWork], T]) -> T:
        state = self.state.copied()
        value = unit(FakeUnitOfWork(state, self.clock.now(), self.named_administrators))
        self.state = state
        self.waking.wake(tuple(Queue))  # any unit may have queued work
        return value

    async def run_apart(self, unit: Callable[[UnitOfWork], T]) -> T:
        return await self.run(unit)

    async def read(self, unit: Callable[[UnitOfWork], T]) -> T:
        state = self.state.copied()
        value = unit(FakeUnitOfWork(state, self.clock.now(), self.named_administrators))
        if state != self.state:
            raise WroteWhileReading
        return value
