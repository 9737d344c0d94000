"""The contract of every store for districts, custom roles and the system's settings."""

import pytest

from bot.core.people.members import Access, Membership, Standing
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import RequestState
from bot.core.rights.custom_roles import CustomRole
from bot.core.rights.permissions import Permission as P  # noqa: N817 - many of them on few lines
from bot.core.rights.roles import (
    DISTRICT_ADMIN,
    DISTRICT_USER,
    SCHOOL_ADMIN,
    STAFF,
    SYSTEM_ADMINISTRATOR,
    Rights,
    RoleUse,
)
from bot.core.schools import districts as core_districts
from bot.core.schools.districts import District, DistrictRole
from bot.core.schools.schools import School, SchoolAccess
from bot.core.schools.system import SystemSettings, WhoMayInvite
from bot.core.values import replace
from bot.storage.held_back import Outdated
from bot.storage.schools import districts
from tests.storage import build
from tests.storage.build import MAPLE
from tests.storage.conftest import Store


def _district(uow: UnitOfWork, name: str = "North") -> District:
    at = build.tick()
    made = District(build.fresh_id(), name, at)
    uow.districts.add(made)
    return made


def _role(uow: UnitOfWork, of: School, name: str = "Front Office", *atoms: P) -> CustomRole:
    made = CustomRole(
        build.fresh_id(), of.id, name, build.tick(), frozenset(atoms), frozenset({P.REPORT_READ})
    )
    assert uow.roles.add(made)
    return made


def _give(uow: UnitOfWork, role: str, of: School, name: str = "Ada") -> str:
    who = build.person(uow, name)
    build.membership(uow, of, who)
    uow.members.assign(who.id, role, of.id, by=None, at=uow.now)
    return who.id


async def test_all_of_a_custom_role_is_kept_and_changed(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        made = _role(uow, maple, "Éducation", P.MEMBER_READ, P.INVITATION_VIEW_SECRET)
        assert uow.roles.by_id(maple.id, made.id) == made
        assert uow.roles.by_id(oak.id, made.id) is None, "another school's"
        assert uow.roles.by_name(maple.id, "  éDUCATION ") == made
        assert uow.roles.by_name(oak.id, made.name) is None
        assert not uow.roles.add(replace(made, id=build.fresh_id(), name="éducation"))
        other = _role(uow, maple, "Desk")
        assert uow.roles.of_school(maple.id) == [other, made]
        assert not uow.roles.save(replace(made, name="DESK"), before=made)
        changed = replace(made, holds=frozenset(), may_grant=frozenset({P.AUDIT_READ}))
        assert uow.roles.save(changed, before=made)
        assert uow.roles.by_id(maple.id, made.id) == changed

    await store.run(unit)


async def test_rights_of_a_custom_role_are_those_of_its_own_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        _role(uow, maple, "Desk", P.REQUEST_DECIDE)
        _role(uow, oak, "Desk", P.AUDIT_READ)
        ada = _give(uow, "Desk", maple)
        uow.members.assign(ada, "Staff", maple.id, by=None, at=uow.now)
        expected = Rights(STAFF.holds | {P.REQUEST_DECIDE}, frozenset({P.REPORT_READ}))
        assert uow.members.rights(ada, maple) == expected
        assert uow.members.granted_rights(ada, maple) == expected
        assert uow.members.rights(ada, oak) == Rights()
        assert [one.id for one in uow.members.with_permission(maple.id, P.REQUEST_DECIDE, 9)] == [ada]
        assert not uow.members.with_permission(oak.id, P.REQUEST_DECIDE, 9)
        with pytest.raises((LookupError, Outdated)):
            uow.members.assign(ada, "Unknown", maple.id, by=None, at=uow.now)

    await store.run(unit)


async def test_another_name_goes_wherever_the_role_stands(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        desk = _role(uow, maple, "Desk", P.MEMBER_READ)
        _role(uow, oak, "Desk", P.MEMBER_READ)
        ada, elsewhere = _give(uow, "Desk", maple), _give(uow, "Desk", oak, "Leo")
        invitation = build.invitation(uow, maple, build.person(uow), role="Desk")
        request = replace(build.join_request(uow, maple, build.person(uow)), role="Desk")
        waiting = build.join_request(uow, oak, build.person(uow))
        uow.join_requests.decide(replace(request, state=RequestState.APPROVED, decided_at=uow.now))
        uow.schools.save(replace(maple, default_role="Desk"))
        assert uow.roles.save(replace(desk, name="Front"), before=desk)
        assert uow.members.roles(maple.id, ada) == ["Front"]
        assert uow.members.roles(oak.id, elsewhere) == ["Desk"]
        kept = uow.invitations.by_id(invitation.id)
        assert kept is not None
        assert kept.role == "Front"
        other = uow.join_requests.by_id(waiting.id)
        assert other is not None
        assert other.role == "Viewer"
        school = uow.schools.by_id(maple.id)
        assert school is not None
        assert school.default_role == "Front"

    await store.run(unit)


@pytest.mark.parametrize("use", ["held", "default", "invitation", "request", "none"])
async def test_a_role_in_use_is_not_deleted(store: Store, use: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple = build.school(uow)
        desk = _role(uow, maple, "Desk")
        if use == "held":
            _give(uow, "Desk", maple)
        if use == "default":
            uow.schools.save(replace(maple, default_role="Desk"))
        ada = build.person(uow)
        gone = build.invitation(uow, maple, ada, role="Desk")
        uow.invitations.revoke(gone.id, by=ada.id, at=uow.now)
        if use == "invitation":
            build.invitation(uow, maple, ada, role="Desk")
        if use == "request":
            uow.join_requests.add(
                replace(
                    build.join_request(uow, maple, build.person(uow, "Leo")),
                    id=build.fresh_id(),
                    person_id=build.person(uow, "Mia").id,
                    role="Desk",
                )
            )
        assert uow.roles.count_holders(maple.id, "Desk") == (1 if use == "held" else 0)
        of = {"invitation": RoleUse.INVITED, "request": RoleUse.REQUESTED}
        assert uow.roles.uses(desk) == ([] if use == "none" else [of.get(use) or RoleUse(use)])
        assert uow.roles.delete(desk) is (use == "none")
        assert (uow.roles.by_id(maple.id, desk.id) is None) is (use == "none")

    await store.run(unit)


async def test_what_the_holders_of_a_role_were_granted(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = _district(uow)
        maple = build.school(uow, district_id=north.id)
        desk = _role(uow, maple, "Desk", P.AUDIT_READ)
        assert uow.roles.rights_of_holders(desk, maple) == Rights()
        ada = _give(uow, "Desk", maple)
        uow.districts.assign(ada, DISTRICT_USER.name, north.id, by=None, at=uow.now)
        _give(uow, "School Admin", maple, "Leo")
        expected = Rights(DISTRICT_USER.holds | {P.AUDIT_READ}, frozenset({P.REPORT_READ}))
        assert uow.roles.rights_of_holders(desk, maple) == expected

    await store.run(unit)


async def test_roles_of_a_district_hold_in_its_schools_alone(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north, south = _district(uow), _district(uow, "South")
        maple = build.school(uow, district_id=north.id)
        far, lone = build.school(uow, "Far", district_id=south.id), build.school(uow, "Lone")
        ada = build.person(uow)
        assert uow.districts.assign(ada.id, DISTRICT_ADMIN.name, north.id, by=None, at=uow.now)
        assert not uow.districts.assign(ada.id, DISTRICT_ADMIN.name, north.id, by=None, at=uow.now)
        whole = Rights.of([DISTRICT_ADMIN.name])
        assert uow.members.rights(ada.id, maple) == whole
        assert uow.districts.rights(ada.id, north.id) == whole
        for place in (far, lone, None):
            assert uow.members.rights(ada.id, place) == Rights()
        for elsewhere in (south.id, None):
            assert uow.districts.rights(ada.id, elsewhere) == Rights()
        assert uow.districts.roles(north.id) == [DistrictRole(ada, DISTRICT_ADMIN.name)]
        assert uow.districts.roles(south.id) == uow.districts.roles(None) == []
        assert uow.schools.overseen(ada.id, "", 9) == [maple]
        assert uow.schools.overseen(None, "", 9) == [far, lone, maple]
        assert uow.schools.overseen(ada.id, "maple", 9, whole=True) == []
        assert uow.schools.overseen(ada.id, "mAPLE grove", 9, whole=True) == [maple]
        assert uow.districts.unassign(ada.id, DISTRICT_ADMIN.name, north.id)
        assert not uow.districts.unassign(ada.id, DISTRICT_ADMIN.name, north.id)
        assert uow.members.rights(ada.id, maple) == Rights()
        uow.members.assign(ada.id, SYSTEM_ADMINISTRATOR.name, None, by=None, at=uow.now)
        assert uow.districts.roles(None) == [DistrictRole(ada, SYSTEM_ADMINISTRATOR.name)]
        assert uow.districts.roles(north.id) == []

    await store.run(unit)


async def test_districts_by_name_in_pages(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        names = ["west", "East", "Ñorth", "100%"]
        made = {name: _district(uow, name) for name in names}
        ada = build.person(uow)
        uow.districts.assign(ada.id, DISTRICT_USER.name, made["East"].id, by=None, at=uow.now)
        order = ["100%", "East", "west", "Ñorth"]
        seen: list[str] = []
        after = None
        while page := uow.districts.of_person(None, text="", after=after, limit=3):
            seen += [one.name for one in page]
            after = page[-1].id
        assert seen == order
        assert uow.districts.of_person(None, text="%", after=None, limit=9) == [made["100%"]]
        assert uow.districts.of_person(ada.id, text="", after=None, limit=9) == [made["East"]]
        assert uow.districts.by_name("ñORTH") == made["Ñorth"]
        archived = replace(made["west"], archived_at=uow.now, name="West")
        uow.districts.save(archived)
        assert uow.districts.by_id(archived.id) == archived
        assert uow.districts.by_name("west") is None
        assert uow.districts.of_person(None, text="w", after=None, limit=9) == []
        assert uow.districts.of_person(None, text="w", after=None, limit=9, archived=True) == [archived]

    await store.run(unit)


@pytest.mark.parametrize("few", [districts.FEW, -1])
async def test_schools_and_people_of_a_district(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(districts, "FEW", few)
    monkeypatch.setattr(core_districts, "_AT_ONCE", 2)

    def unit(uow: UnitOfWork) -> None:
        north = _district(uow)
        schools = [build.school(uow, name, district_id=north.id) for name in ("c", "A", "b")]
        other = build.school(uow, "Other")
        shut = build.school(uow, "shut", district_id=north.id, archived_at=uow.now)
        build.school(uow, "shut", archived_at=uow.now)
        assert uow.districts.schools(north.id, after=None, limit=9, archived=True) == [shut]
        first = uow.districts.schools(north.id, after=None, limit=2)
        assert [one.name for one in first] == ["A", "b"]
        assert uow.districts.schools(north.id, after=first[-1].id, limit=2) == [schools[0]]
        assert [one.name for one in core_districts.schools_of(uow, north.id)] == ["A", "b", "c"]
        found = uow.districts.schools(north.id, after=None, limit=9, text="a")
        assert [one.name for one in found] == ["A"]
        assert uow.districts.schools(north.id, after=None, limit=9, text="%") == []
        member, holder, stranger = (build.person(uow, name) for name in ("Mia", "Hal", "Sam"))
        build.membership(uow, schools[0], member)
        build.membership(uow, schools[1], member)
        build.membership(uow, other, stranger)
        uow.districts.assign(holder.id, DISTRICT_USER.name, north.id, by=None, at=uow.now)
        assert uow.districts.people(north.id, "", 9) == [holder, member]
        assert uow.districts.people(north.id, "mI", 9) == [member]
        assert uow.districts.people(north.id, holder.id, 9) == [holder]
        assert uow.districts.people(north.id, stranger.id, 9) == []
        assert uow.districts.people(None, "", 9) == [holder, member, stranger]

    await store.run(unit)


async def test_an_archived_school_is_in_no_list_and_its_roles_rest(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = _district(uow)
        maple = build.school(uow, access=SchoolAccess.PUBLIC, district_id=north.id)
        build.workspace(uow)
        uow.workspaces.link(maple.id, MAPLE, uow.now)
        ada = _give(uow, SCHOOL_ADMIN.name, maple)
        boss = build.person(uow, "Boss")
        uow.districts.assign(boss.id, DISTRICT_ADMIN.name, north.id, by=None, at=uow.now)
        shut = replace(maple, archived_at=uow.now)
        uow.schools.save(shut)
        assert uow.schools.by_id(maple.id) == shut
        assert uow.schools.linked_to(MAPLE) == []
        assert uow.schools.of_person(ada) == []
        assert uow.schools.find_public("", 9) == []
        assert uow.schools.overseen(boss.id, "", 9) == []
        assert uow.schools.overseen(boss.id, "", 9, archived=True) == [shut]
        assert uow.members.rights(ada, shut) == Rights()
        assert uow.members.granted_rights(ada, shut) == Rights.of([SCHOOL_ADMIN.name])
        assert uow.members.rights(boss.id, shut) == Rights.of([DISTRICT_ADMIN.name])

    await store.run(unit)


async def test_who_may_invite_changes_what_roles_at_a_school_do(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        north = _district(uow)
        maple = build.school(uow, district_id=north.id)
        ada = _give(uow, SCHOOL_ADMIN.name, maple)
        suspended = build.person(uow, "Sue")
        member = Membership(build.fresh_id(), maple.id, suspended.id, Standing.ACTIVE, uow.now)
        uow.members.add(replace(member, access=Access.SUSPENDED))
        uow.members.assign(suspended.id, SCHOOL_ADMIN.name, maple.id, by=None, at=uow.now)
        boss = build.person(uow, "Boss")
        uow.districts.assign(boss.id, DISTRICT_ADMIN.name, north.id, by=None, at=uow.now)
        assert uow.system.settings() == SystemSettings()
        assert P.INVITATION_CREATE in uow.members.rights(ada, maple).holds
        for who, invites in ((WhoMayInvite.DISTRICT_ADMINS, False), (WhoMayInvite.ANY_ROLE, True)):
            uow.system.save(SystemSettings(who))
            assert uow.system.settings() == SystemSettings(who)
            rights = uow.members.rights(ada, maple)
            assert (P.INVITATION_CREATE in rights.holds) is invites
            assert rights.reach == SCHOOL_ADMIN.reach, "they still make admins"
            assert uow.members.rights(suspended.id, maple) == Rights()
            assert uow.members.rights(boss.id, maple) == Rights.of([DISTRICT_ADMIN.name])

    await store.run(unit)
