"""What an import does to people above its admin, to barred people, and to the Primary Admin."""

import pytest

from bot.core.ids import new_id
from bot.core.people.members import Access
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person
from bot.core.rosters.imports import Faulty, Missing, Planned, Sent, StepKind, StepReason, View
from bot.core.rosters.rows import Problem
from bot.core.values import replace
from tests.core.rostering import LEO, NIA, Office, clerk
from tests.core.rosters.test_roster_reach import ADA, ROOT
from tests.world import caller

# The rules' own; imports on the databases are in test_roster_reach and tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


async def _account(office: Office, email: str, name: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        person = uow.people.by_email(email)
        assert person is not None
        assert uow.accounts.link(caller(name).account, person.id, uow.now)

    await office.door.database.run(unit)


async def _over_north(office: Office, email: str, role: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        person, district = uow.people.by_email(email), uow.districts.by_name("North")
        assert person is not None
        assert district is not None
        uow.districts.assign(person.id, role, district.id, by=None, at=uow.now)

    await office.door.database.run(unit)


CLERK = "roster.import,member.create,role.grant,member.read,member.edit"


async def test_the_primary_admin_stays_an_admin_and_may_have_more(maple: Office) -> None:
    await maple.door.says(
        ADA, "/member edit person:ada email:ada@example.org first_name:Ada last_name:L school:Maple"
    )
    root = Office(maple.door, "root")
    rows = [("ada@example.org", "Ada", "L", "", "Viewer")]
    assert await root.what(await root.planned(rows)) == {"ada": (StepKind.KEEP, StepReason.PRIMARY)}


async def test_a_role_above_the_importer_is_not_taken(maple: Office) -> None:
    await maple.imports([(*LEO, "", "School Admin; Viewer")])
    cleo = await clerk(maple, CLERK)
    kept = await cleo.planned([(*LEO, "", "Viewer")])
    assert await cleo.what(kept) == {"leo": (StepKind.KEEP, StepReason.ABOVE)}


async def test_an_importer_without_role_rights_takes_no_roles(maple: Office) -> None:
    await maple.imports([(*LEO, "", "Staff; Viewer")])
    cleo = await clerk(maple, "staff,viewer,roster.import,member.create,member.edit")
    kept = await cleo.planned([(*LEO, "", "Viewer")])
    assert await cleo.what(kept) == {"leo": (StepKind.KEEP, StepReason.ABOVE)}


async def test_people_named_in_the_settings_are_above_every_importer(maple: Office) -> None:
    await maple.door.says(ADA, "/invite create school:Maple")
    await maple.door.says(ROOT, f"/join {(await maple.door.invitations_of('Maple'))[0].code}")

    def unit(uow: UnitOfWork) -> None:
        root = uow.people.by_account(ROOT.account)
        assert root is not None
        uow.people.save_details(root.id, PersonDetails("Root", "Roe", email="root@example.org"))

    await maple.door.database.run(unit)
    plan = await maple.planned([("root@example.org", "Root", "Roe", "", "Staff")])
    assert await maple.what(plan) == {"root": (StepKind.KEEP, StepReason.ABOVE)}


async def _eve(maple: Office, permissions: str) -> Office:
    """Make Eve an admin of Oak, with a custom role of these permissions in Maple."""
    eve = ("eve@example.org", "Eve", "Lund")
    await Office(maple.door, "ada", "Oak").imports([(*eve, "", "School Admin")])
    await maple.door.says(ADA, f"/role create name:Helper permissions:{permissions} school:Maple")
    await maple.imports([(*eve, "", "Helper")])
    await _account(maple, "eve@example.org", "eve")
    return Office(maple.door, "eve")


async def test_people_of_the_district_get_no_role_above_the_importer(maple: Office) -> None:
    eve = await _eve(maple, "viewer,roster.import,member.create,role.grant")
    await Office(maple.door, "ada", "Oak").imports([NIA])
    found = await eve.plan([(*NIA, "", "School Admin")])
    assert isinstance(found, Faulty)
    assert [one.problem for one in found.errors] == [Problem.ABOVE_CEILING]
    renamed = await eve.planned([("nia@example.org", "Nia", "Eze")])
    assert await eve.what(renamed) == {"nia": (StepKind.ADD, StepReason.DETAILS)}


async def test_nobody_lets_themselves_into_another_school_by_a_roster(maple: Office) -> None:
    dana = ("dana@example.org", "Dana", "Lund")
    await Office(maple.door, "ada", "Oak").imports([dana])
    await _account(maple, dana[0], "dana")
    await _over_north(maple, dana[0], "District Admin")
    own = Office(maple.door, "dana")
    assert await own.what(await own.planned([dana])) == {"dana": (StepKind.KEEP, StepReason.OWN)}


async def test_people_suspended_in_the_district_are_not_imported(maple: Office) -> None:
    oak = Office(maple.door, "ada", "Oak")
    await oak.imports([NIA])
    await maple.door.says(ADA, '/member suspend person:"Nia Okafor" school:Oak')
    plan = await maple.planned([NIA])
    assert await maple.what(plan) == {"nia": (StepKind.KEEP, StepReason.SUSPENDED)}
    assert (await oak.people())["Nia Okafor"][0] == Access.SUSPENDED.value


async def test_people_above_the_importer_are_not_imported(maple: Office) -> None:
    oak = Office(maple.door, "ada", "Oak")
    await oak.imports([NIA])
    await _over_north(maple, NIA[0], "District Admin")
    plan = await maple.planned([NIA])
    assert await maple.what(plan) == {"nia": (StepKind.KEEP, StepReason.ABOVE)}


async def test_invited_people_are_offered_no_role_above_the_importer(maple: Office) -> None:
    await Office(maple.door, "ada", "Oak").imports([LEO])
    cleo = await clerk(maple, f"{CLERK},member.remove,invitation.create")
    wrong = await cleo.plan([(*LEO, "", "School Admin")], move=True)
    assert isinstance(wrong, Faulty)
    assert [one.problem for one in wrong.errors] == [Problem.ABOVE_CEILING]


async def test_details_of_who_comes_change_where_the_importer_may(maple: Office) -> None:
    oak = Office(maple.door, "ada", "Oak")
    await oak.imports([NIA])
    plan = await maple.planned([("nia@example.org", "Nia", "Eze")])
    assert await maple.what(plan) == {"nia": (StepKind.ADD, None)}
    await maple.apply(plan)
    assert (await maple.details(NIA[0])).last_name == "Eze"


async def test_an_importer_does_not_rename_people_above_them_elsewhere(
    maple: Office,
) -> None:
    oak = Office(maple.door, "ada", "Oak")
    await oak.imports([(*NIA, "", "School Admin")])
    await maple.imports([NIA])
    cleo = await clerk(maple, f"viewer,{CLERK}")
    await maple.door.says(ADA, f"/role create name:Clerk permissions:viewer,{CLERK} school:Oak")
    await oak.imports([("clerk@example.org", "Cleo", "Marsh", "", "Clerk")])
    plan = await cleo.planned([("nia@example.org", "Nia", "Eze")])
    assert await cleo.what(plan) == {"nia": (StepKind.KEEP, StepReason.DETAILS)}


@pytest.mark.parametrize(("here", "there"), [("School Admin", "Clerk"), ("Clerk", "School Admin")])
async def test_renaming_needs_the_rights_in_every_school_of_the_person(
    maple: Office, here: str, there: str
) -> None:
    oak = Office(maple.door, "ada", "Oak")
    for school in ("Maple", "Oak"):
        await maple.door.says(ADA, f"/role create name:Clerk permissions:viewer,{CLERK} school:{school}")
    dan = ("dan@example.org", "Dan", "Dale")
    await oak.imports([(*NIA, "", "School Admin"), (*dan, "", there)])
    await maple.imports([NIA, (*dan, "", here)])
    await _account(maple, dan[0], "dan")
    office = Office(maple.door, "dan")
    plan = await office.planned([("nia@example.org", "Nia", "Eze")])
    assert await office.what(plan) == {"nia": (StepKind.KEEP, StepReason.DETAILS)}


async def test_people_with_an_account_and_no_school_must_be_invited(maple: Office) -> None:
    def unit(uow: UnitOfWork) -> None:
        zoe = Person(new_id(uow.now), "Zoe")
        uow.people.add(zoe, caller("zoe").account)
        uow.people.save_details(zoe.id, PersonDetails("Zoe", "Zander", email="zoe@example.org"))

    await maple.door.database.run(unit)
    rows = [("zoe@example.org", "Zoe", "Other")]
    found = await maple.plan(rows)
    assert isinstance(found, Faulty)
    assert [one.problem for one in found.errors] == [Problem.KNOWN_ELSEWHERE]
    assert await maple.what(await maple.planned(rows, move=True)) == {"zoe": (StepKind.INVITE, None)}


async def test_who_is_above_all_of_a_district_edits_its_users(maple: Office) -> None:
    await maple.imports([NIA, LEO, ("mia@example.org", "Mia", "Moss")])
    await _over_north(maple, NIA[0], "District User")
    root = Office(maple.door, "root")
    renamed = [
        (one, name, "Eze") for one, name in ((NIA[0], "Nia"), (LEO[0], "Leo"), ("mia@example.org", "Mia"))
    ]
    plan = await root.planned(renamed)
    assert set((await root.what(plan)).values()) == {(StepKind.CHANGE, None)}


async def test_whoever_is_over_that_district_alone_edits_its_users_too(maple: Office) -> None:
    await maple.imports([NIA, LEO])
    await _over_north(maple, NIA[0], "District User")
    await _over_north(maple, LEO[0], "District Admin")
    await _account(maple, LEO[0], "leo")
    leo = Office(maple.door, "leo")
    plan = await leo.planned([("nia@example.org", "Nia", "Eze")])
    assert await leo.what(plan) == {"nia": (StepKind.CHANGE, None)}


async def test_only_one_of_the_rows_about_a_person_changes_their_details(maple: Office) -> None:
    root = Office(maple.door, "root")
    rows = [(*NIA, "Maple", "Teacher"), (*NIA, "Oak", "Staff")]
    await root.imports(rows, whole_district=True)
    named = [
        ("nia@example.org", "Nia", "Eze", one, role) for one, role in (("Maple", "Teacher"), ("Oak", "Staff"))
    ]
    plan = await root.planned(named, whole_district=True)
    kinds = sorted(one.kind.value for one in await root.steps(plan))
    assert kinds == sorted([StepKind.CHANGE.value, StepKind.SAME.value])


async def test_people_without_a_name_or_address_are_not_removed(maple: Office) -> None:
    await maple.door.says(ADA, "/invite create school:Maple")
    await maple.door.says("zoe", f"/join {(await maple.door.invitations_of('Maple'))[0].code}")
    plan = await maple.planned([NIA], missing=Missing.REMOVE)
    assert (StepKind.KEEP, StepReason.UNNAMED) in {(one.kind, one.why) for one in await maple.steps(plan)}


async def test_a_plan_goes_stale_when_others_would_be_invited(maple: Office) -> None:
    """Whoever has an account is not invited: both ways, an account is all that changes."""
    await Office(maple.door, "ada", "Oak").imports([NIA])
    plan, key = await maple.planned([NIA], invite=True), caller("nia").account
    assert [one.sent for one in await maple.steps(plan)] == [Sent.WANTED]
    for sent in (Sent.NOT, Sent.WANTED):

        def meanwhile(uow: UnitOfWork, sent: Sent = sent) -> None:
            nia = uow.people.by_email(NIA[0])
            assert nia is not None
            if sent is Sent.NOT:
                assert uow.accounts.link(key, nia.id, uow.now)
            else:
                assert uow.accounts.unlink(key, nia.id)

        await maple.door.database.run(meanwhile)
        found = await maple.apply(plan)
        assert isinstance(found, Planned)
        assert [one.sent for one in await maple.steps(found)] == [sent]
        plan = found
    assert isinstance(await maple.apply(plan), View)


async def test_a_plan_goes_stale_when_the_address_of_whoever_it_asks_is_anothers(maple: Office) -> None:
    def unit(uow: UnitOfWork, name: str = "zoe") -> None:
        before = uow.people.by_email("zoe@example.org")
        if before is not None:
            uow.people.save_details(before.id, replace(uow.people.details(before.id), email=""))
        made = Person(new_id(uow.now), name.title())
        uow.people.add(made, caller(name).account)
        uow.people.save_details(made.id, PersonDetails(name.title(), "Zander", email="zoe@example.org"))

    await maple.door.database.run(unit)
    plan = await maple.planned([("zoe@example.org", "Zoe", "Zander")], move=True)
    assert await maple.what(plan) == {"zoe": (StepKind.INVITE, None)}
    await maple.door.database.run(lambda uow: unit(uow, "zora"))
    stale = await maple.apply(plan)
    assert isinstance(stale, Planned)
    assert stale.stale
    assert isinstance(await maple.apply(stale), View)
