"""An identity provider and people act at the same moment, on both databases."""

import pytest

from bot.core.ids import new_id
from bot.core.invitations import redeeming
from bot.core.invitations.invitations import InvitationFilter
from bot.core.people.members import Access
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.permissions import Permission
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.districts import District
from bot.core.schools.schools import School
from bot.core.scim import group_roles, groups, tokens, users
from bot.core.scim.groups import Edit
from bot.core.scim.model import Address, Wanted
from bot.core.stuck import ItemTracker
from bot.core.values import replace
from tests.core.scim.land import off
from tests.storage import build
from tests.storage.rounds import (
    Database,
    Unit,
    actions,
    as_,
    check_audit_chains,
    race,
    refused,
    somebody,
    times,
)

# Each round is three units of some hundred statements.
ROUNDS = times(20)


def _place(uow: UnitOfWork) -> tuple[District, School, School]:
    district = District(new_id(uow.now), "North", uow.now)
    uow.districts.add(district)
    one, two = (build.school(uow, f"North {name}", district_id=district.id) for name in ("One", "Two"))
    ada = build.person(uow, "Ada")
    build.membership(uow, two, ada)
    uow.members.assign(ada.id, SCHOOL_ADMIN.name, two.id, by=None, at=uow.now)
    assert Permission.INVITATION_CREATE in uow.members.rights(ada.id, two).holds
    build.invitation(uow, two, ada)
    return district, one, two


async def test_two_who_make_one_user_at_once_make_one_person(database: Database) -> None:
    district, _, _ = await database.run(_place)
    provider = tokens.acting_for(district.id)

    def makes(name: str, number: int) -> Unit:
        wanted = Wanted(name, email=Address(f"n{number}@example.org"))
        return lambda uow: users.create(uow, provider, wanted)

    pairs = [
        [makes(f"n{one}", one), makes(f"N{one}", one + 10**6), makes(f"other{one}", one)]
        for one in range(ROUNDS)
    ]
    outcomes = await race(database, pairs)
    for one in outcomes:
        names = refused(one)
        assert names in (["UserNameTaken"], ["EmailTaken"], ["EmailTaken", "UserNameTaken"]), one
    made = sum(len(one) - len(refused(one)) for one in outcomes)
    assert (await actions(database)).count("person.created") == made
    await check_audit_chains(database)


async def test_switching_off_somebody_who_is_joining_bars_them_everywhere(database: Database) -> None:
    district, one, two = await database.run(_place)
    provider = tokens.acting_for(district.id)

    def ready(uow: UnitOfWork) -> tuple[str, list[str]]:
        (invitation,) = uow.invitations.listed(two.id, InvitationFilter(), limit=1)
        people = []
        for number in range(ROUNDS):
            nia = somebody(uow, "nia", number)
            build.membership(uow, one, nia)
            assert uow.people.save_details(nia.id, PersonDetails("Nia", "O", email=f"n{number}@example.org"))
            people.append(nia.id)
        return invitation.code, people

    code, people = await database.run(ready)

    def redeems(number: int) -> Unit:
        return as_("nia", number, lambda uow, actor: redeeming.redeem(uow, actor, code))

    def switches(person_id: str) -> Unit:
        return lambda uow: users.change(uow, provider, person_id, off)

    outcomes = await race(
        database,
        [[redeems(number), switches(person_id)] for number, person_id in enumerate(people)],
        later=(0, 4, 64, 1024),  # who switches off asks much before
    )

    def states(uow: UnitOfWork) -> list[list[Access]]:
        return [[each.access for each in uow.members.of_person(person_id)] for person_id in people]

    for outcome, found in zip(outcomes, await database.read(states), strict=True):
        assert set(found) == {Access.DEACTIVATED}
        came_in = len(found) == 2
        assert refused(outcome) == ([] if came_in else ["MembershipBarred"])
    both = {len(found) for found in await database.read(states)}
    assert both == {1, 2}, "each of the two was first at times"
    uses = await database.read(lambda uow: uow.invitations.by_code(code))
    assert uses is not None
    assert uses.uses_taken == sum(len(found) == 2 for found in await database.read(states))
    await check_audit_chains(database)


async def test_leaving_a_group_during_the_sweep_takes_its_role(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    district, one, _ = await database.run(_place)
    provider = tokens.acting_for(district.id)

    def ready(uow: UnitOfWork) -> list[tuple[str, str]]:
        made = []
        for number in range(ROUNDS):
            user = users.create(uow, provider, Wanted(f"u{number}"))
            group = groups.create(uow, provider, Edit(f"G{number}", None, frozenset({user.account.id})))
            uow.scim_groups.save(replace(group, school_id=one.id, role="Teacher"))
            made.append((user.account.id, group.id))
        uow.scim_groups.make_due(district.id, [user_id for user_id, _ in made])
        return made

    made = await database.run(ready)

    def leaves(user_id: str, group_id: str) -> Unit:
        edit = Edit("G", None, drop=frozenset({user_id}))
        return lambda uow: groups.change(uow, provider, group_id, lambda _: edit)

    def sweeps(uow: UnitOfWork) -> int:
        return group_roles.sweep(uow, ItemTracker())

    monkeypatch.setattr(group_roles, "BATCH", 1)  # they are due in the order of their ids
    await race(database, [[leaves(*pair), sweeps] for pair in sorted(made)])

    def left(uow: UnitOfWork) -> list[object]:
        return [uow.members.of(one.id, user_id) for user_id, _ in made]

    assert await database.read(left) == [None] * ROUNDS
    given = (await actions(database)).count("member.joined_by_group")
    assert (await actions(database)).count("role.taken") == given
    await check_audit_chains(database)
