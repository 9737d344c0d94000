"""People who work together, by whatever commands, gain nothing that none of them could give."""

from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.replies import Reply
from bot.core.ids import new_id
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Caller, Person, WorkspaceKey
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import AT_SCHOOL, BUILT_IN, SCHOOL_ADMIN, ScopeKind
from bot.core.schools.districts import District
from bot.core.schools.schools import Approval, School, SchoolAccess, Workspace
from tests.core.door import Door, open_door
from tests.matrices import Counts
from tests.soak import size
from tests.world import caller

T = TypeVar("T")
EXAMPLES, LONGEST = size(150, 300), 60
NAMES = [f"c{number}" for number in range(7)]
# The first three have whatever an example gives them, the fourth is in with nothing, the others outside.
ABLE, OUTSIDE = NAMES[:3], NAMES[4:]
SCHOOL_ROLES = [role.name for role in BUILT_IN if role.level is ScopeKind.SCHOOL]
DISTRICT_ROLES = [role.name for role in BUILT_IN if role.level is ScopeKind.DISTRICT]
# What colluders need most to get anywhere, so that examples are not all refusals.
_TOOLS = [
    Permission.ROLE_GRANT,
    Permission.ROLE_MANAGE,
    Permission.INVITATION_CREATE,
    Permission.REQUEST_DECIDE,
    Permission.MEMBER_READ,
    Permission.MEMBER_EDIT,
    Permission.SCHOOL_EDIT,
]
_ATOMS = st.frozensets(st.sampled_from(sorted(AT_SCHOOL)), max_size=6)
_SEEDS = st.tuples(st.frozensets(st.sampled_from(_TOOLS), min_size=5), _ATOMS, _ATOMS)


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, since the database in memory does not."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise AssertionError("it waits")


@dataclass
class Ring:
    """Colluders, and the schools they work on."""

    door: Door
    schools: list[School] = field(default_factory=list)
    districts: list[District] = field(default_factory=list)

    @property
    def state(self) -> Any:
        return self.door.database.state  # type: ignore[union-attr]

    def acts(self, who: str, path: str, **values: str) -> Reply:
        return at_once(self.door.runner.run(path, caller(who), values, clicked=True))

    def person(self, who: str) -> str:
        found: str = self.state.accounts[caller(who).account]
        return found

    def membership(self, who: str, school: School) -> str:
        person = self.person(who)
        own = [
            one.id
            for one in self.state.memberships.values()
            if (one.school_id, one.person_id) == (school.id, person)
        ]
        return own[0] if own else "nobody"

    def reach(self) -> list[frozenset[Permission]]:
        """What the colluders together hold or may grant, school by school."""

        def unit(uow: UnitOfWork) -> list[frozenset[Permission]]:
            found = []
            for one in self.schools:
                school = uow.schools.by_id(one.id)
                assert school is not None
                people = [uow.people.by_account(caller(who).account) for who in NAMES]
                actors = [Actor(caller(who), person) for who, person in zip(NAMES, people, strict=True)]
                found.append(
                    frozenset().union(*(access.rights_of(uow, actor, school).reach for actor in actors))
                )
            return found

        return at_once(self.door.database.read(unit))


def assemble(given_roles: Sequence[tuple[int, int, str]], seeds: Sequence[Any]) -> Ring:
    """Make two districts, three schools with admins of their own, and the colluders with what they have."""
    ring = Ring(open_door())

    def unit(uow: UnitOfWork) -> None:
        now = uow.now
        ring.districts = [District(new_id(now), name, now) for name in ("North", "South")]
        for district in ring.districts:
            uow.districts.add(district)
        homes = (ring.districts[0].id, ring.districts[1].id, None)
        key = caller("anyone").workspace
        assert isinstance(key, WorkspaceKey)
        uow.workspaces.add(Workspace(new_id(now), key, "W", now))
        for number, home in enumerate(homes):
            door = Approval.AUTOMATIC if number else Approval.BY_REQUEST
            school = School(
                new_id(now), f"S{number}", now, district_id=home, access=SchoolAccess.PUBLIC, approval=door
            )
            uow.schools.add(school)
            uow.workspaces.link(school.id, key, now)
            ring.schools.append(school)
            head = _person(uow, caller(f"head{number}"))
            _join(uow, school, head)
            uow.members.assign(head.id, SCHOOL_ADMIN.name, school.id, by=None, at=now)
            uow.schools.set_primary(school.id, head.id, expected=None)
            # It can do little itself, and could give everything: none of the colluders may have it.
            trap = CustomRole(
                new_id(now), school.id, "Trap", now, frozenset({Permission.MEMBER_READ}), AT_SCHOOL
            )
            assert uow.roles.add(trap)
        people = [_person(uow, caller(name)) for name in NAMES]
        for school, who in product(ring.schools[:2], people[:4]):
            _join(uow, school, who)
        for number, (held, gives) in enumerate(_nested(seeds)):
            place, who = ring.schools[number // 3], people[number % 3]
            made = CustomRole(new_id(now), place.id, f"seed {number}", now, held, gives)
            assert uow.roles.add(made)
            _join(uow, place, who)
            uow.members.assign(who.id, made.name, place.id, by=None, at=now)
        for number, place_number, name in given_roles:
            who, school = people[number], ring.schools[place_number]
            if name in DISTRICT_ROLES:
                uow.districts.assign(who.id, name, ring.districts[place_number % 2].id, by=None, at=now)
            else:
                _join(uow, school, who)
                uow.members.assign(who.id, name, school.id, by=None, at=now)

    at_once(ring.door.database.run(unit))
    return ring


def _nested(seeds: Sequence[Any]) -> Iterator[tuple[frozenset[Permission], frozenset[Permission]]]:
    """Make the first role include the others, so that its holder may change those."""
    (_, first_holds, first_gives), *others = seeds
    yield first_holds | set(_TOOLS), first_gives
    for tools, holds, gives in others:
        yield tools | (holds & first_holds), gives & (first_holds | first_gives)


def _person(uow: UnitOfWork, call: Caller) -> Person:
    made = Person(new_id(uow.now), call.name)
    assert uow.people.add(made, call.account)
    return made


def _join(uow: UnitOfWork, school: School, who: Person) -> None:
    uow.members.add(
        Membership(new_id(uow.now), school.id, who.id, Standing.ACTIVE, uow.now, joined_at=uow.now)
    )


@dataclass(frozen=True)
class Move:
    """One action of a colluder; it uses as many of the numbers as it needs."""

    kind: str
    who: str
    whom: str
    place: int
    pick: int
    holds: frozenset[Permission]
    gives: frozenset[Permission]


def _pick(some: Sequence[str], number: int) -> str:
    return some[number % len(some)] if some else "none there"


def do(ring: Ring, move: Move) -> bool:
    """Make a move; tell whether it was done."""
    path, values = _call(ring, move)
    who = _pick(OUTSIDE, move.pick // 5) if path == "join" else move.who
    return not ring.acts(who, path, **values).refused


def _call(ring: Ring, move: Move) -> tuple[str, dict[str, str]]:
    """Return the command of a move, and its values."""
    school, state = ring.schools[move.place], ring.state
    at = {"school": school.id}
    own = [one for one in state.custom_roles.values() if one.school_id == school.id]
    roles = [*SCHOOL_ROLES, *(one.name for one in own), *(one.name for one in own)]
    role, other = roles[move.pick % len(roles)], roles[(move.pick // 7) % len(roles)]
    custom = _pick([one.id for one in own], move.pick)
    whom = {"person": ring.membership(move.whom, school), **at}
    atoms = _atoms(ring, move) if move.kind in {"make role", "edit role"} else {}
    district = ring.districts[move.pick % 2].id
    calls = {
        "roles": ("member roles", {"roles": f"{role}, {other}", **whom}),
        "make role": ("role create", {"name": f"role {len(state.custom_roles)}", **atoms, **at}),
        "edit role": ("role edit", {"role": custom, **atoms, **at}),
        "delete role": ("role delete", {"role": custom, **at}),
        "invite": ("invite create", {"role": role, **at}),
        "redeem": ("join", {"code": _pick([one.code for one in state.invitations.values()], move.pick)}),
        "ask to join": ("join", at),
        "approve": (
            "request approve",
            {"request": _pick(list(state.join_requests), move.pick), "role": role},
        ),
        "default role": ("school edit", {"default_role": role, **at}),
        "over a district": (
            "district grant",
            {
                "person": ring.person(move.whom),
                "role": DISTRICT_ROLES[move.pick // 2 % len(DISTRICT_ROLES)],
                "district": district,
            },
        ),
        "move school": ("school move", {"district": district, **at}),
        "member primary": ("member primary", {"sure": "yes", **whom}),
    }
    return calls.get(move.kind, (move.kind, whom))


def _atoms(ring: Ring, move: Move) -> dict[str, str]:
    """Say what a role of theirs holds: mostly what together they could give, though none of them may."""
    within = ring.reach()[move.place] if move.pick % 3 else frozenset(Permission)
    return {
        "permissions": ", ".join(move.holds & within) or "none",
        "grants": ", ".join(move.gives & within) or "none",
    }


KINDS = [
    "roles",
    "make role",
    "edit role",
    "delete role",
    "invite",
    "redeem",
    "ask to join",
    "approve",
    "default role",
    "over a district",
    "move school",
    "member suspend",
    "member reinstate",
    "member remove",
    "member primary",
]
# The commands that could give a person more than they had.
GAINING = ["roles", "make role", "edit role", "invite", "redeem", "redeem", "approve", "default role"]
_MOVES = st.builds(
    Move,
    st.sampled_from([*KINDS, *GAINING, *GAINING, "over a district", "over a district"]),
    st.sampled_from([*ABLE, *ABLE, *ABLE, *NAMES]),
    st.sampled_from(NAMES),
    st.sampled_from([0, 0, 0, 0, 1, 1, 2]),
    st.integers(0, 999),
    _ATOMS,
    _ATOMS,
)
_GIVEN = st.tuples(
    # Sometimes there is an admin of a district, or of a school, among them.
    st.sampled_from(
        [(), (), ((0, 0, "District Admin"),), ((0, 0, "District Admin"), (0, 1, "District Admin"))]
    ),
    st.sampled_from([(), (), ((1, 0, SCHOOL_ADMIN.name),)]),
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from([*SCHOOL_ROLES, *DISTRICT_ROLES])),
        max_size=2,
    ),
).map(lambda parts: [one for part in parts for one in part])


def test_no_set_of_colluders_gains_what_none_of_them_held_or_could_grant(counts: Counts) -> None:
    done: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES)
    @given(_GIVEN, st.lists(_SEEDS, min_size=2, max_size=4), st.lists(_MOVES, min_size=20, max_size=LONGEST))
    def collude(given_roles: Sequence[Any], seeds: Sequence[Any], moves: Sequence[Move]) -> None:
        ring = assemble(given_roles, seeds)
        at_first = ring.reach()
        for move in moves:
            if not do(ring, move):
                continue
            done[move.kind] += 1
            for school, before, now in zip(ring.schools, at_first, ring.reach(), strict=True):
                assert now <= before, f"{move} gave {sorted(now - before)} at {school.name}"

    collude()
    counts.add("moves of colluders that were done", done.total())
    assert all(done[kind] > 10 for kind in [*GAINING, "over a district"]), f"too little was done: {done}"
