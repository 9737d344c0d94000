"""A town of three schools, its bot, and the comparison of what is stored with the model after each step."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from unittest.mock import patch

from hypothesis.stateful import RuleBasedStateMachine, initialize

from bot.cards.refusals.refusals import Words
from bot.chat.context import Context, Links
from bot.chat.replies import Reply
from bot.chat.runner import Runner
from bot.commands import REGISTRY
from bot.core.audit_lines import Flaw, verify_all_stored
from bot.core.errors import Refusal
from bot.core.ids import new_id
from bot.core.invitations.guessing import Limit, Limits
from bot.core.invitations.invitations import Invitation, InvitationFilter
from bot.core.people.members import Access, Membership, Standing
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.requests import pace
from bot.core.requests.join_requests import JoinRequest
from bot.core.rights import access
from bot.core.rights.actors import Caller, Person
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import DISTRICT_ADMIN
from bot.core.schools.districts import District
from bot.core.schools.schools import Approval, School, SchoolAccess, Workspace
from bot.core.values import replace
from tests.core.door import BROKEN, Door, heard, open_door
from tests.core.machine.model import Model
from tests.core.machine.things import ADMIN, Asked, Place, Seat
from tests.world import BASE_URL, SLASHES, WAYS, caller

T = TypeVar("T")
ROOT = "web:root"
HEADS, OVERSEERS = ["head0", "head1"], ["dora", "dan"]
NEWCOMERS = ["p0", "p1", "p2", "p3", "p4", "p5"]
ADMINS = [*HEADS, *OVERSEERS, "root"]
EVERYONE = [*ADMINS, *NEWCOMERS]
DONE, UNCHANGED = "done", "unchanged"
_MANY = 100_000
_MOMENT = timedelta(milliseconds=1)
# So high that nobody in this town has to wait because of wrong guesses, or of asking often.
_PATIENT = Limits(account=Limit(_MANY, Limits().account.within))
# Tables that may change although a command is refused or only shows something.
_ASIDE = {"misses", "outbox", "card_copies", "bulk_jobs", "bulk_items", "bulk_claims", "arrivals"}


class Remembering(Words):
    """The bot's own words, which also remember the last refusal."""

    last: Refusal | None = None

    def refused(self, ctx: Context, refusal: Refusal) -> Reply:
        self.last = refusal
        return super().refused(ctx, refusal)


@dataclass(frozen=True)
class Seen:
    """What is stored, as far as the model predicts it."""

    seats: Mapping[tuple[str, str], tuple[tuple[str, str, str], frozenset[str]]]
    primaries: Mapping[str, str | None]
    rights: Mapping[tuple[str, str], tuple[frozenset[Permission], frozenset[Permission]]]
    owners: Mapping[str, str]
    invitations: Mapping[str, tuple[int, int, bool, str]]
    requests: Mapping[str, tuple[str, str, str]]
    entries: int
    flaws: frozenset[Flaw | None]
    tables: Mapping[str, Any]


class Stage(RuleBasedStateMachine):
    """Builds the town, and lets people act in it."""

    totals: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.patient = patch.object(pace, "MOST", Limit(_MANY, pace.MOST.within))
        self.patient.start()
        self.loop = asyncio.new_event_loop()
        self.model = Model("root")
        self.codes: list[tuple[str, str, datetime]] = []
        self.jobs: list[Any] = []
        self.numbers = 0
        self.outcome = ""
        self.reply = Reply()
        self.words = Remembering()

    def wait(self, job: Awaitable[T]) -> T:
        return self.loop.run_until_complete(job)

    def open(self) -> Door:
        return open_door(ROOT)

    def teardown(self) -> None:
        self.patient.stop()
        self.loop.close()

    @initialize()
    def found_the_town(self) -> None:
        self.door = self.staffed(self.open())
        self.wait(self.door.database.run(self._build))
        self.seen = self.look()
        self.entries = self.seen.entries

    def staffed(self, door: Door) -> Door:
        """Return a door with a Runner whose refusals the machine can see."""
        runner = Runner(
            database=door.database,
            registry=REGISTRY,
            words=self.words,
            links=Links(BASE_URL, SLASHES),
            system_administrators=frozenset({ROOT}),
            limits=_PATIENT,
            ways=WAYS,
        )
        return Door(door.database, runner, door.clock)

    def _build(self, uow: UnitOfWork) -> None:
        """Store two districts with admins, and three schools, the third of them without an admin."""
        model, key = self.model, caller("anyone").workspace
        assert key is not None
        uow.workspaces.add(Workspace(new_id(uow.now), key, "Town", uow.now))
        for name in ("North", "South"):
            district = District(new_id(uow.now), name, uow.now)
            uow.districts.add(district)
            model.districts[district.id] = False
        north, south = model.districts
        for number, district_id in enumerate((north, north, south)):
            made = School(
                new_id(uow.now),
                f"School {number}",
                uow.now,
                district_id=district_id,
                access=SchoolAccess.PUBLIC,
                approval=Approval.BY_REQUEST if number == 1 else Approval.AUTOMATIC,
            )
            model.places[made.id] = Place(made.id, district_id, automatic=number != 1)
            assert uow.schools.add(made)
            uow.workspaces.link(made.id, key, uow.now)
        for place, name in zip(model.places.values(), HEADS, strict=False):
            person = self._person(uow, name)
            self._join(uow, place, person, ADMIN)
            uow.schools.set_primary(place.id, person, expected=None)
        for name, of, role in (
            ("p0", 0, ADMIN),
            ("p1", 0, "Staff"),
            ("p1", 1, ADMIN),
            ("p2", 1, "Staff"),
            ("p2", 2, "Staff"),
        ):
            self._join(uow, self.place(of * 5), self.model.who(name) or self._person(uow, name), role)
        self._ask(uow, self.place(5), "p3")
        self._suspend(uow, self.place(10), self.model.accounts["p2"])  # in the school without an admin
        for name, district_id in zip(OVERSEERS, (north, south), strict=True):
            person = self._person(uow, name)
            uow.districts.assign(person, DISTRICT_ADMIN.name, district_id, by=None, at=uow.now)
            model.wider.append((person, district_id, DISTRICT_ADMIN.name))

    def _join(self, uow: UnitOfWork, place: Place, person: str, role: str) -> None:
        seat = Membership(new_id(uow.now), place.id, person, Standing.ACTIVE, uow.now, joined_at=uow.now)
        assert uow.members.add(seat)
        uow.members.assign(person, role, place.id, by=None, at=uow.now)
        place.seats[person] = Seat("active")
        place.give(person, role)

    def _suspend(self, uow: UnitOfWork, place: Place, person: str) -> None:
        seat = uow.members.of(place.id, person)
        assert seat is not None
        assert uow.members.change(replace(seat, access=Access.SUSPENDED), expected=seat)
        place.seats[person].access = "suspended"

    def _ask(self, uow: UnitOfWork, place: Place, name: str) -> None:
        person = self._person(uow, name)
        assert uow.members.add(Membership(new_id(uow.now), place.id, person, Standing.PENDING, uow.now))
        made = JoinRequest(new_id(uow.now), place.id, person, caller(name).account, "Viewer", uow.now)
        uow.join_requests.add(made)
        place.seats[person] = Seat("pending")
        self.model.requests.append(Asked(made.id, place, person, made.role))

    def _person(self, uow: UnitOfWork, name: str) -> str:
        made = Person(new_id(uow.now), name.capitalize())
        assert uow.people.add(made, caller(name).account)
        self.model.accounts[name] = made.id
        return made.id

    # --- acting

    def acts(
        self,
        who: str,
        path: str,
        expected: str | Collection[str],
        at: Collection[Place] = (),
        entries: int = 1,
        /,
        **values: str,
    ) -> Reply | None:
        """Run a command as an account, and check the outcome; return the reply if it was done.

        `expected` is DONE, UNCHANGED or the name of a refusal, or all possible outcomes. `at` are the schools
        in which it may change people's rights, `entries` how many audit entries it must write.
        """
        self.words.last, before = None, self.seen
        self.door.clock.forward(_MOMENT)
        values = {name: value for name, value in values.items() if value}
        self.reply = self.wait(self.told(path, caller(who), values))
        assert BROKEN not in heard(self.reply), f"/{path} {values} broke; the log says why"
        refusal = self.words.last
        outcome = type(refusal).__name__ if refusal else DONE
        if outcome == "SchoolArchived":  # members get this answer in place of NotFound
            assert self._in_archived(who)
            outcome = "NotFound"
        wanted = {expected} if isinstance(expected, str) else set(expected)
        if UNCHANGED in wanted and outcome == DONE:
            outcome = UNCHANGED if self._entries() == before.entries else DONE
        self.outcome = outcome
        assert outcome in wanted, f"{who} /{path} {values}: {outcome}, not {sorted(wanted)}"
        self.seen = self.look()
        made = self.seen.entries - before.entries
        assert made == (entries if outcome == DONE else 0), f"/{path}: {made} audit entries, {outcome}"
        if outcome != DONE:
            changed = [name for name, table in before.tables.items() if self.seen.tables[name] != table]
            assert not changed, f"/{path}: {outcome}, and yet {changed} changed"
        if made and who == self.model.root:
            self.enrolled(who)  # their first change makes them a person
        near = {place.id for place in at} if outcome == DONE else set()
        for cell, rights in before.rights.items():
            assert cell[0] in near or self.seen.rights.get(cell, rights) == rights, f"/{path} reached {cell}"
        self.entries = self.seen.entries
        self.totals["steps"] += 1
        self.totals[f"{path}: {outcome if outcome in {DONE, UNCHANGED} else 'refused'}"] += 1
        return self.reply if outcome == DONE else None

    async def told(self, path: str, who: Caller, values: Mapping[str, str]) -> Reply:
        """Run a command through the Runner, as a click."""
        return await self.door.runner.run(path, who, values, clicked=True)

    def _entries(self) -> int:
        return len(self.wait(self.door.audit_entries()))

    @property
    def soon(self) -> datetime:
        """The time of the next act."""
        return self.door.clock.now() + _MOMENT

    def newest_invitation(self, place: Place) -> Invitation:
        def unit(uow: UnitOfWork) -> Invitation:
            (newest,) = uow.invitations.listed(place.id, InvitationFilter(), limit=1)
            return newest

        return self.wait(self.door.database.read(unit))

    def enrolled(self, who: str) -> str:
        """Return the person of an account, and add a new person to the model."""
        person = self.seen.owners[who]
        known = self.model.accounts.setdefault(who, person)
        assert known == person, f"{who} is another person now"
        return person

    def look(self) -> Seen:
        tables = self.wait(self.door.known())
        return self.wait(self.door.database.read(lambda uow: self._see(uow, tables)))

    def _see(self, uow: UnitOfWork, tables: Mapping[str, Any]) -> Seen:
        seats, primaries, rights, requests = {}, {}, {}, {}
        owners = {}
        for name in EVERYONE:
            person = uow.people.by_account(caller(name).account)
            if person is not None:
                owners[name] = person.id
        people = {*self.model.people(), *owners.values()}
        for place_id in self.model.places:
            school = uow.schools.by_id(place_id)
            assert school is not None
            primaries[place_id] = school.primary_admin_id
            everybody = PeopleFilter(place_id, off_list=True)
            for one in uow.members.listed(everybody, after=None, limit=_MANY):
                seat = one.membership
                states = (seat.standing.value, seat.access.value, seat.visibility.value)
                seats[place_id, seat.person_id] = (states, frozenset(one.roles))
            for person_id in people | {who for where, who in seats if where == place_id}:
                found = access.rights_of_person(uow, person_id, school)
                rights[place_id, person_id] = (found.holds, found.may_grant)
            for ask in uow.join_requests.listed(place_id, None, after=None, limit=_MANY):
                requests[ask.id] = (place_id, ask.person_id, ask.state.value)
        invitations = {}
        for invited in self.model.invitations:
            stored = uow.invitations.by_id(invited.id)
            assert stored is not None
            came = len(uow.leaks.redeemers(invited.id, after=None, limit=_MANY))
            revoked = stored.revoked_at is not None
            invitations[invited.id] = (stored.uses_taken, came, revoked, stored.created_by)
        chains = verify_all_stored(uow.audit)
        return Seen(
            seats,
            primaries,
            rights,
            owners,
            invitations,
            requests,
            sum(one.last for one in chains),
            frozenset(one.flaw for one in chains),
            {name: table for name, table in tables.items() if name not in _ASIDE},
        )

    # --- picking people and places

    def place(self, number: int, who: str | None = None) -> Place:
        """Pick a school, mostly one where the account has rights."""
        places = list(self.model.places.values())
        person = self.model.who(who) if who else None
        own = [one for one in places if who and self.model.able(person, one, who).reach]
        some = own if own and number % 5 else places
        return some[number // 5 % len(some)]

    def in_place(self, place: Place, number: int, who: str | None = None) -> str | None:
        """Pick a person of a school, mostly one who is neither the actor nor the Primary Admin."""
        above = {self.model.who(who), place.primary} if who else set()
        below = [person for person in place.seats if person not in above]
        people = below if below and number % 5 else list(place.seats)
        return people[number // 5 % len(people)] if people else None

    def membership(self, place: Place, person: str | None) -> str:
        """Return the membership id by which commands name a member."""
        if person is None or person not in place.seats:
            return "nobody-like-that"

        def unit(uow: UnitOfWork) -> str:
            found = uow.members.of(place.id, person)
            return found.id if found else "nobody-like-that"

        return self.wait(self.door.database.read(unit))

    def _in_archived(self, who: str) -> bool:
        return any(one.archived and self.model.who(who) in one.seats for one in self.model.places.values())

    def barrier(self, who: str, place: Place, needs: Permission) -> str | None:
        """Return the refusal of a command at a school for lack of rights; None if the account has them."""
        person = self.model.who(who)
        ruling = self.model.rules(who) or self.model.rules(person=person)
        if place.archived and not (ruling or self.model.over(person, place.district).reach):
            return "NotFound"
        return None if needs in self.model.able(person, place, who).holds else "NotPermitted"
