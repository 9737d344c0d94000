"""The contract of every store for linked accounts, merged persons and erased ones."""

from datetime import timedelta

import pytest

from bot.core.claims import Claim, Purpose
from bot.core.invitations.invitations import Redemption
from bot.core.people.holdings import GivenRole, RecordKind
from bot.core.people.members import Access, Standing
from bot.core.people.people import PersonDetails
from bot.core.ports import UnitOfWork
from bot.core.requests.join_requests import RequestState
from bot.core.rights.actors import AccountKey, Person
from bot.core.schools.districts import District
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

CHAT, DESK = AccountKey("discord", "1"), AccountKey("slack", "T1/U1")


async def test_who_is_in_no_school_and_has_no_role_is_found(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        school = build.school(uow)
        district = District(build.fresh_id(), "North", START)
        uow.districts.add(district)
        names = ("Ada", "Bea", "Cyr", "Dan", "Eve", "Ben Öz", "A_a")
        ada, bea, cyr, dan, eve, ben, odd = (build.person(uow, name) for name in names)
        build.membership(uow, school, ada, Standing.PENDING)
        uow.districts.assign(bea.id, "District User", district.id, by=None, at=START)
        uow.accounts.absorb(cyr.id, ben.id)
        uow.accounts.erase(dan.id, START)
        assert uow.people.save_details(eve.id, PersonDetails(email="Eve.Stone@Example.org"))

        def found(*words: str, after: str | None = None, limit: int = 10) -> list[str]:
            return [one.name for one in uow.accounts.departed(words, after=after, limit=limit)]

        assert found() == ["A_a", "Ben Öz", "Eve"]
        assert found(limit=1) == ["A_a"]
        assert found(after=odd.id, limit=1) == ["Ben Öz"]
        assert found(after=eve.id) == []
        assert found("stone@ex") == found("eve", "stone") == ["Eve"]
        assert found("öz") == ["Ben Öz"]
        assert found("_") == ["A_a"]
        assert found("%") == found("eve", "öz") == []
        build.membership(uow, school, eve)
        assert found("eve") == []
        uow.holdings.end_memberships(eve.id)
        assert found("eve") == ["Eve"]

    await store.run(unit)


async def test_accounts_are_linked_once_and_unlinked(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob = build.person(uow, "Ada", CHAT), build.person(uow, "Bob", AccountKey("web", "bob"))
        assert uow.accounts.link(DESK, ada.id, uow.now)
        assert not uow.accounts.link(DESK, bob.id, uow.now)
        assert not uow.accounts.link(DESK, ada.id, uow.now)
        assert uow.people.by_account(DESK) == ada
        assert not uow.accounts.unlink(DESK, bob.id)
        assert uow.accounts.unlink(DESK, ada.id)
        assert uow.people.by_account(DESK) is None
        uow.accounts.recheck_owner(DESK, None)
        uow.accounts.take(DESK, bob.id, uow.now)
        uow.accounts.recheck_owner(DESK, bob.id)
        assert uow.people.by_account(DESK) == bob
        uow.accounts.lock([ada.id, bob.id])

    await store.run(unit)


async def test_whoever_was_merged_is_the_other_from_then_on(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, ida, eve = build.person(uow, "Ada", CHAT), build.person(uow, "Ida", DESK), build.person(uow)
        assert uow.people.save_details(ida.id, PersonDetails("Ida", "L", email="ida@example.org"))
        uow.accounts.absorb(ida.id, ada.id)
        assert uow.people.by_account(DESK) == ada
        assert uow.accounts.current(ida.id) == ada
        assert uow.people.by_email("ida@example.org") is None
        uow.accounts.absorb(ada.id, eve.id)
        assert uow.accounts.current(ida.id) == uow.accounts.current(ada.id) == eve
        assert list(uow.accounts.known_as(eve.id)) == sorted([ada.id, ida.id, eve.id])
        assert uow.accounts.current(build.fresh_id()) is None

    await store.run(unit)


async def test_what_is_held_is_counted_shown_and_moved_school_by_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob, maple, oak = (
            build.person(uow),
            build.person(uow, "Bob"),
            build.school(uow),
            build.school(uow, "Oak"),
        )
        made = [build.invitation(uow, of, ada, note="Hello") for of in (maple, maple, oak)]
        uow.invitations.revoke(made[0].id, by=ada.id, at=uow.now)
        for one in made:
            uow.invitations.add_redemption(Redemption(build.fresh_id(), one.id, ada.id, uow.now))
        asked = build.join_request(uow, oak, ada)
        decided = replace(
            build.join_request(uow, maple, build.person(uow, "Eve")),
            state=RequestState.REJECTED,
            decided_by=ada.id,
            decided_at=uow.now,
            reason="Full",
        )
        assert uow.join_requests.decide(decided)
        eve = uow.people.by_id(decided.person_id)
        assert eve is not None
        build.join_request(uow, maple, eve, claimed_by=ada.id, claimed_at=uow.now)
        held = {
            RecordKind.INVITATIONS: (2, 3),
            RecordKind.REVOCATIONS: (1, 1),
            RecordKind.REDEMPTIONS: (2, 3),
            RecordKind.REQUESTS: (0, 1),
            RecordKind.DECISIONS: (1, 1),
            RecordKind.CLAIMED: (1, 1),
            **dict.fromkeys((RecordKind.MESSAGES, RecordKind.TEMPLATES, RecordKind.RECEIVED), (0, 0)),
        }
        for kind, (in_maple, everywhere) in held.items():
            assert uow.holdings.count(kind, ada.id, maple.id) == in_maple, kind
            assert uow.holdings.count(kind, ada.id) == everywhere, kind
            assert len(uow.holdings.records(kind, ada.id)) == everywhere, kind
        shown = uow.holdings.records(RecordKind.INVITATIONS, ada.id, maple.id)
        assert [row["id"] for row in shown] == [made[0].id, made[1].id]
        assert shown[0]["note"] == "Hello"
        assert not {"code", "token", "sealed"} & set(shown[0])
        assert uow.holdings.records(RecordKind.DECISIONS, ada.id)[0]["reason"] == "Full"
        assert uow.holdings.records(RecordKind.REQUESTS, ada.id)[0]["issuer"] == "slack"
        assert list(uow.holdings.request_ids(ada.id)) == [asked.id]
        assert list(uow.holdings.pending_requests(ada.id)) == [asked]
        for kind, (in_maple, everywhere) in held.items():
            assert uow.holdings.move(kind, ada.id, bob.id, maple.id) == in_maple
            assert uow.holdings.count(kind, ada.id) == everywhere - in_maple
            assert uow.holdings.move(kind, ada.id, bob.id) == everywhere - in_maple
        assert {one.created_by for one in map(uow.invitations.by_id, [one.id for one in made]) if one} == {
            bob.id
        }

    await store.run(unit)


async def test_roles_and_memberships_move(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob, maple, oak = (
            build.person(uow),
            build.person(uow, "Bob"),
            build.school(uow),
            build.school(uow, "Oak"),
        )
        for who, role, of in (
            (ada, "Staff", maple.id),
            (ada, "Observer", maple.id),
            (bob, "Staff", maple.id),
            (ada, "System Administrator", None),
        ):
            uow.members.assign(who.id, role, of, by=ada.id, at=uow.now)
        uow.holdings.move_roles(ada.id, bob.id)
        assert list(uow.holdings.roles(ada.id)) == []
        assert list(uow.holdings.roles(bob.id)) == [
            GivenRole("System Administrator", "system", ""),
            GivenRole("Observer", "school", maple.id),
            GivenRole("Staff", "school", maple.id),
        ]
        there = build.membership(uow, oak, ada)
        uow.holdings.move_membership(there.id, bob.id)
        moved = replace(there, person_id=bob.id)
        assert uow.members.of(oak.id, bob.id) == moved
        barred = replace(moved, standing=Standing.REJECTED, access=Access.DEACTIVATED, joined_at=None)
        uow.holdings.store_membership(barred)
        assert uow.members.of(oak.id, bob.id) == barred
        assert uow.holdings.end_memberships(bob.id) == 1
        assert list(uow.holdings.roles(bob.id)) == []
        assert uow.members.of(oak.id, bob.id) is None

    await store.run(unit)


async def test_who_gave_a_role_stays_known_while_it_is_had(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob, maple = build.person(uow), build.person(uow, "Bob"), build.school(uow)
        north = District(build.fresh_id(), "North", START)
        uow.districts.add(north)
        for scope, role in ((maple.id, "Staff"), (maple.id, "Observer"), (None, "System Administrator")):
            uow.members.assign(bob.id, role, scope, by=ada.id, at=START)
        assert uow.districts.assign(bob.id, "District Admin", north.id, by=ada.id, at=START)

        def given(by: Person, school_id: str | None = None) -> set[tuple[object, ...]]:
            rows = uow.holdings.records(RecordKind.GRANTS, by.id, school_id)
            assert len(rows) == uow.holdings.count(RecordKind.GRANTS, by.id, school_id)
            return {(one["scope_kind"], one["scope_id"], one["role"], one["granted_at"]) for one in rows}

        staff, observer = (("school", maple.id, role, START) for role in ("Staff", "Observer"))
        wide = {
            ("system", "", "System Administrator", START),
            ("district", north.id, "District Admin", START),
        }
        assert given(ada) == {staff, observer, *wide}
        uow.members.assign(bob.id, "Staff", maple.id, by=bob.id, at=START)
        assert given(bob) == set(), "the first to give it gave it"
        assert given(ada, maple.id) == {staff, observer}
        uow.members.unassign(bob.id, "Staff", maple.id)
        uow.holdings.move_roles(bob.id, build.person(uow, "Eve").id)
        assert given(ada) == {observer, *wide}, "and whoever has it now"
        assert uow.holdings.move(RecordKind.GRANTS, ada.id, bob.id, maple.id) == 1
        assert (given(ada), given(bob)) == (wide, {observer})

    await store.run(unit)


@pytest.mark.parametrize("late", [False, True])
async def test_a_claim_can_be_looked_at_and_dropped(store: Store, *, late: bool) -> None:
    def unit(uow: UnitOfWork) -> None:
        end = uow.now + timedelta(hours=1)
        made = Claim(build.fresh_id(), "hash", Purpose.LINK_SCHOOL, "1", uow.now, end)
        uow.claims.add(made)
        at = end if late else uow.now
        assert uow.claims.find("hash", Purpose.LINK_SCHOOL, at) == (None if late else made)
        assert uow.claims.find("hash", Purpose.SYSTEM_ADMINISTRATOR, at) is None
        assert uow.claims.find("other", Purpose.LINK_SCHOOL, at) is None
        uow.claims.drop(Purpose.LINK_SCHOOL, "2")
        assert uow.claims.take("hash", Purpose.LINK_SCHOOL, by=None, now=uow.now) == made
        assert uow.claims.find("hash", Purpose.LINK_SCHOOL, uow.now) is None
        again = replace(made, id=build.fresh_id(), code_hash="again")
        uow.claims.add(again)
        uow.claims.drop(Purpose.LINK_SCHOOL, "1")
        assert uow.claims.find("again", Purpose.LINK_SCHOOL, uow.now) is None
        uow.claims.add(again)
        uow.claims.drop(Purpose.SYSTEM_ADMINISTRATOR)
        assert uow.claims.find("again", Purpose.LINK_SCHOOL, uow.now) == again
        uow.claims.drop(Purpose.LINK_SCHOOL)
        assert uow.claims.find("again", Purpose.LINK_SCHOOL, uow.now) is None

    await store.run(unit)


async def test_nobody_is_given_the_decision_of_their_own_request(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob, maple = build.person(uow), build.person(uow, "Bob"), build.school(uow)
        for who in (bob, build.person(uow, "Eve")):
            asked = build.join_request(uow, maple, who)
            decided = replace(
                asked, state=RequestState.REJECTED, decided_by=ada.id, decided_at=uow.now, reason=""
            )
            assert uow.join_requests.decide(decided)
        assert uow.holdings.count(RecordKind.DECISIONS, ada.id, maple.id) == 2
        assert uow.holdings.count(RecordKind.DECISIONS, ada.id, maple.id, excluding=bob.id) == 1
        assert uow.holdings.move(RecordKind.DECISIONS, ada.id, bob.id) == 1
        assert uow.holdings.count(RecordKind.DECISIONS, ada.id) == 1

    await store.run(unit)
