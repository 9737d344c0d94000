"""Every role, permission and scope: who holds what is computed from the data alone, and compared."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from bot.core.ids import new_id
from bot.core.people.members import Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.rights import access
from bot.core.rights.actors import Actor, Person
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import AT_SCHOOL, BUILT_IN, Role, ScopeKind
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.schools.system import SystemSettings, WhoMayInvite
from bot.core.values import replace
from tests.core.door import door_of, open_door
from tests.matrices import Counts
from tests.world import caller, open_world, sqlite_url

OWN, SIBLING, FOREIGN, ANCESTOR = "own school", "sibling", "foreign district", "ancestor"
PLACES = (OWN, SIBLING, FOREIGN, ANCESTOR)
# One custom role for each atom that one can have, and one with all of them.
CUSTOM = [
    *(Role(f"Only {atom.value}", frozenset({atom})) for atom in sorted(AT_SCHOOL)),
    Role("All at school", AT_SCHOOL),
]
ROLES = [*BUILT_IN, *CUSTOM]


@dataclass
class Tree:
    """Two districts, three schools, and one person for each role that there is."""

    north: District
    own: School
    sibling: School
    foreign: School
    holders: dict[str, Actor]


def plant(uow: UnitOfWork, *, archived: bool) -> Tree:
    north, south = (District(new_id(uow.now), name, uow.now) for name in ("North", "South"))
    for district in (north, south):
        uow.districts.add(district)
    own, sibling, foreign = (
        School(new_id(uow.now), name, uow.now, district_id=where.id)
        for name, where in (("Own", north), ("Sibling", north), ("Foreign", south))
    )
    own = replace(own, archived_at=uow.now) if archived else own
    for school in (own, sibling, foreign):
        uow.schools.add(school)
    for role in CUSTOM:
        made = CustomRole(new_id(uow.now), own.id, role.name, uow.now, role.holds)
        assert uow.roles.add(made)
        # A role of the same name elsewhere, that can do everything else.
        namesake = replace(made, id=new_id(uow.now), school_id=sibling.id, holds=AT_SCHOOL - role.holds)
        assert uow.roles.add(namesake)
    holders = {}
    for number, role in enumerate(ROLES):
        holders[role.name] = _holder(uow, role, own, sibling, north, number)
    return Tree(north, own, sibling, foreign, holders)


def _holder(uow: UnitOfWork, role: Role, own: School, sibling: School, north: District, number: int) -> Actor:
    who, call = Person(new_id(uow.now), role.name), caller(f"holder{number}")
    assert uow.people.add(who, call.account)
    for school in (own, sibling):  # membership alone gives nothing
        joined = Membership(new_id(uow.now), school.id, who.id, Standing.ACTIVE, uow.now, joined_at=uow.now)
        assert uow.members.add(joined)
    match role.level:
        case ScopeKind.SYSTEM:
            uow.members.assign(who.id, role.name, None, by=None, at=uow.now)
        case ScopeKind.DISTRICT:
            uow.districts.assign(who.id, role.name, north.id, by=None, at=uow.now)
        case ScopeKind.SCHOOL:
            uow.members.assign(who.id, role.name, own.id, by=None, at=uow.now)
    return Actor(call, who)


def expected(role: Role, atom: Permission, place: str, *, archived: bool, schools_invite: bool) -> bool:
    """Compute from the role alone whether its holder has a permission at a place."""
    reaches = {
        ScopeKind.SYSTEM: {OWN, SIBLING, FOREIGN, ANCESTOR},
        ScopeKind.DISTRICT: {OWN, SIBLING, ANCESTOR},
        ScopeKind.SCHOOL: {OWN},
    }[role.level]
    if place not in reaches or atom not in role.holds:
        return False
    if place == OWN and archived and Permission.DISTRICT_MANAGE not in role.holds:
        return False
    return schools_invite or role.level is not ScopeKind.SCHOOL or atom is not Permission.INVITATION_CREATE


def differences(uow: UnitOfWork, tree: Tree, *, archived: bool, schools_invite: bool) -> list[str]:
    at_school = {OWN: tree.own, SIBLING: tree.sibling, FOREIGN: tree.foreign}
    found = []
    for role, atom, place in product(ROLES, Permission, PLACES):
        actor = tree.holders[role.name]
        if place == ANCESTOR:
            held = atom in access.rights_over(uow, actor, tree.north.id).holds
        else:
            held = access.holds(uow, actor, atom, at_school[place])
        if held is not expected(role, atom, place, archived=archived, schools_invite=schools_invite):
            found.append(f"{role.name} x {atom.value} x {place}: {held}")
    return found


@pytest.mark.parametrize("archived", [False, True], ids=["at work", "archived"])
@pytest.mark.parametrize("who", WhoMayInvite)
@pytest.mark.parametrize("store", ["fake", "sqlite"])
async def test_every_role_holds_its_atoms_where_it_reaches_and_nowhere_else(
    counts: Counts, tmp_path: Path, store: str, who: WhoMayInvite, *, archived: bool
) -> None:
    def unit(uow: UnitOfWork) -> list[str]:
        uow.system.save(SystemSettings(who))
        tree = plant(uow, archived=archived)
        invite = who is WhoMayInvite.ANY_ROLE
        return differences(uow, tree, archived=archived, schools_invite=invite)

    if store == "fake":
        found = await open_door().database.run(unit)
    else:
        async with open_world(sqlite_url(tmp_path)) as world:
            found = await door_of(world).database.run(unit)
    counts.add("roles x atoms x places", len(ROLES) * len(Permission) * len(PLACES))
    assert found == []


def test_the_rows_cannot_all_be_the_same() -> None:
    """What is expected differs by role, by atom and by place: a matrix of all-no would not pass."""
    verdicts = {
        (role.name, atom, place): expected(role, atom, place, archived=False, schools_invite=True)
        for role, atom, place in product(BUILT_IN, Permission, PLACES)
    }
    for kind, least in ((0, len(BUILT_IN) - 1), (1, len(Permission)), (2, len(PLACES))):
        assert len({key[kind] for key, held in verdicts.items() if held}) == least, "a Viewer holds nothing"
        assert len({key[kind] for key, held in verdicts.items() if not held}) >= least
