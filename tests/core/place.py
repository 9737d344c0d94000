"""A school with a workspace and an admin in memory, for tests that call the rules directly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.core.notices.notices import Audience, CardCopy, Destination, Notice
from bot.core.people import members
from bot.core.people.members import Membership, Standing
from bot.core.rights.actors import AccountKey, Actor, Caller, Person, Platform, WorkspaceKey
from bot.core.rights.roles import SCHOOL_ADMIN, VIEWER
from bot.core.schools.schools import ApprovalsChannel, School
from bot.core.values import replace
from bot.core.workspaces import events as workspace_events
from tests.fakes.database import FakeUnitOfWork
from tests.fakes.state import Queued, State
from tests.storage import build
from tests.world import FakeClock

GUILD = build.MAPLE
OTHER = WorkspaceKey(Platform.DISCORD, "701")
APPROVALS = Destination.in_channel(GUILD, "approvals")


@dataclass
class Place:
    """A fake state with a clock; each use of `uow` is a unit of work of its own."""

    clock: FakeClock = field(default_factory=FakeClock)
    state: State = field(default_factory=State)
    named_administrators: frozenset[str] = frozenset()
    school_id: str = field(init=False)
    admin: Actor = field(init=False)

    def __post_init__(self) -> None:
        """Make Maple Grove in a guild, with its admin Ada."""
        self.school_id = self.another_school("Maple Grove", GUILD).id
        self.admin = self.member("ada", SCHOOL_ADMIN.name)

    @property
    def uow(self) -> FakeUnitOfWork:
        return FakeUnitOfWork(self.state, self.clock.now(), self.named_administrators)

    @property
    def school(self) -> School:
        """The school as it is stored now."""
        return self.state.schools[self.school_id]

    def another_school(self, name: str, key: WorkspaceKey | None = None, **settings: object) -> School:
        """Make another school, linked to a workspace if one is given."""
        made = build.school(self.uow, name, **settings)
        if key is not None:
            self.link_workspace(made, key)
        return made

    def link_workspace(self, school: School, key: WorkspaceKey) -> None:
        """Link a school to a workspace; add the workspace if needed."""
        if self.uow.workspaces.by_key(key) is None:
            build.workspace(self.uow, key)
        assert self.uow.workspaces.link(school.id, key, self.clock.now())

    def person(self, name: str, *accounts: AccountKey, email: str = "") -> Person:
        """Make a person, by default with a Discord account."""
        who = build.person(self.uow, name.title(), *(accounts[:1] or (discord(name),)))
        for one in accounts[1:]:
            assert self.uow.accounts.link(one, who.id, self.clock.now())
        if email:
            known = self.uow.people.details(who.id)
            assert self.uow.people.save_details(who.id, replace(known, email=email))
        return who

    def member(self, name: str, *roles: str, of: School | None = None) -> Actor:
        """Make an active member with roles; an admin of a school without one becomes its Primary Admin."""
        who, school = self.person(name), of or self.school
        self.add_membership(who, of=school)
        for role in roles or (VIEWER.name,):
            members.grant(self.uow, school.id, who.id, role, by=None)
        return self.actor(who)

    def add_membership(
        self, who: Person, standing: Standing = Standing.ACTIVE, *, of: School | None = None, **axes: object
    ) -> Membership:
        """Make a membership with this standing; `axes` can set its access and visibility."""
        made = build.membership(self.uow, of or self.school, who, standing)
        made = replace(made, **axes)  # type: ignore[arg-type]
        self.state.memberships[made.id] = made
        return made

    def actor(self, who: Person | None, name: str = "", key: WorkspaceKey | None = GUILD) -> Actor:
        """Return a person as an actor in a workspace; without a person, a stranger of that name."""
        owned = [account for account, owner in self.state.accounts.items() if who and owner == who.id]
        account = owned[0] if owned else discord(name)
        platform = Platform(account.issuer)
        return Actor(Caller(account, who.name if who else name.title(), platform, key), who)

    def system_admin(self, who: Person | None = None) -> Actor:
        """Return a System Administrator by the settings, as a stranger named Root or as a person."""
        return replace(self.actor(who, "root"), is_system_administrator=True)

    def with_approvals_channel(self, school: School | None = None) -> None:
        """Give a school an approvals channel."""
        channel = ApprovalsChannel((school or self.school).id, GUILD, "approvals")
        self.uow.workspaces.set_approvals_channel(channel)

    def save(self, school: School, **settings: object) -> School:
        """Change fields of a school; return it."""
        changed = replace(self.state.schools[school.id], **settings)  # type: ignore[arg-type]
        self.state.schools[school.id] = changed
        return changed

    def shown(self, subject: str, audience: Audience = Audience.APPROVER) -> CardCopy:
        """Store a copy of a card about something, shown in the approvals channel."""
        copy = CardCopy(build.fresh_id(), subject, audience, APPROVALS, "approvals", "1", "")
        self.uow.card_copies.add(copy, self.clock.now())
        return copy

    def ban(self, account: AccountKey, key: WorkspaceKey = GUILD) -> None:
        """Ban an account from a workspace."""
        workspace_events.banned(self.uow, key, account)

    def forward(self, **span: float) -> None:
        """Let time pass, given in arguments of `timedelta`."""
        self.clock.forward(timedelta(**span))

    @property
    def _queue(self) -> list[Queued]:
        return sorted(self.state.outbox.values(), key=lambda one: one.turn)

    def waiting(self, *audiences: Audience) -> list[Notice]:
        """List the waiting notices for some audiences, or for all; redraws are left out."""
        found = [one.notice for one in self._queue if one.waits and one.notice.copy_id is None]
        return [one for one in found if not audiences or one.audience in audiences]

    def told(self, *audiences: Audience) -> list[tuple[str, str]]:
        """List the subjects and places of the waiting notices."""
        return [(one.subject, str(one.to)) for one in self.waiting(*audiences)]

    def redrawn(self) -> list[str]:
        """List the subjects of the cards that wait to be redrawn."""
        found = [one.notice for one in self._queue if one.waits]
        return sorted(one.subject for one in found if one.copy_id is not None)

    def clear_outbox_and_log(self) -> None:
        """Clear the outbox and the audit log."""
        self.state.outbox.clear()
        self.state.audit_entries.clear()

    def logged(self) -> list[str]:
        """Return the audit log as text: who did what to what, from which front, with old and new values."""
        return [
            f"{self._called(one.actor_id)} ({one.front}) {one.action} {self._named(one.subject)}"
            f" at {self._called(one.school_id)}{_values(one.old)}{_values(one.new, ' -> ')}"
            for one in self.state.audit_entries
        ]

    def _called(self, of: str | None) -> str:
        if of is None:
            return "-"
        found = self.state.persons.get(of) or self.state.schools.get(of)
        return found.name if found else of

    def _named(self, subject: str) -> str:
        kind, _, of = subject.partition(":")
        return f"{kind}:{self._called(of)}"


def discord(name: str) -> AccountKey:
    """Return the key of a Discord account."""
    return AccountKey("discord", name)


def _values(values: Mapping[str, object], arrow: str = " ") -> str:
    return f"{arrow}{_pairs(values.items())}" if values else ""


def _pairs(values: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{key}={value}" for key, value in values)
