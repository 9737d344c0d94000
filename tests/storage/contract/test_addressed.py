"""The contract of every store for addressed invitations."""

from datetime import timedelta

import pytest

from bot.core.ids import new_code, new_token
from bot.core.invitations.addressees import Addressee, Grant, Way
from bot.core.people.holdings import ERASED, RecordKind
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.core.rights.custom_roles import CustomRole
from bot.core.schools.schools import School
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

NIA = AccountKey("discord", "42")


async def test_an_addressee_is_stored_whole(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, nia = build.school(uow), build.person(uow), build.person(uow, "Nia")
        to = Addressee(
            nia.id, "Nia Okafor", "Nia@Example.org", NIA, Way.EMAIL, START, START, "refused", START, START
        )
        made = build.invitation(uow, maple, ada, to=to, locked_at=START)
        assert uow.invitations.by_id(made.id) == made
        assert uow.invitations.by_code(made.code) == made

    await store.run(unit)


async def test_what_is_granted_is_listed_by_school_and_role(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        ada, nia = build.person(uow), build.person(uow, "Nia")
        wanted = [Grant(maple.id, "Staff"), Grant(maple.id, "Observer"), Grant(oak.id, "Viewer")]
        made = build.addressed(uow, maple, ada, nia, *wanted)
        other = build.addressed(uow, oak, ada, nia)
        assert uow.addressed.grants(made.id) == sorted(wanted, key=lambda one: (one.school_id, one.role))
        assert uow.addressed.grants(other.id) == [Grant(oak.id, "Staff")]
        assert uow.addressed.grants("nobody") == []

    await store.run(unit)


@pytest.mark.parametrize("end", ["decline", "clear", "revoke", "accept"])
async def test_what_has_ended_ends_no_other_way(store: Store, end: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, nia = build.school(uow), build.person(uow), build.person(uow, "Nia")
        made, untouched = (build.addressed(uow, maple, ada, nia) for _ in range(2))
        ways = {
            "decline": lambda: uow.addressed.decline(made.id, uow.now),
            "clear": lambda: uow.addressed.clear(made.id, uow.now),
            "revoke": lambda: uow.invitations.revoke(made.id, by=ada.id, at=uow.now),
            "accept": lambda: uow.invitations.take_use(made.id, uow.now),
        }
        assert ways[end]()
        ended = uow.invitations.by_id(made.id)
        assert not any(way() for way in ways.values())
        assert not uow.addressed.renew(replace(made, code=new_code(), token=new_token()))
        assert uow.addressed.unended_of(maple.id, ada.id) == [untouched.id]
        uow.sendings.save_status(untouched.id, send_at=None, sent_at=START, error="")
        told = uow.addressed.awaiting_answer(nia.id, NIA, "", now=uow.now, limit=9)
        assert [one.id for one in told] == [untouched.id]
        uow.invitations.revoke_open_of(maple.id, ada.id, by=ada.id, at=uow.now)
        now = uow.invitations.by_id(made.id)
        assert now == ended

    await store.run(unit)


async def test_a_school_takes_back_what_it_offers_and_leaves_the_rest(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        ada, nia, bob = (build.person(uow, name) for name in ("Ada", "Nia", "Bob"))
        grants = [Grant(maple.id, "Staff"), Grant(maple.id, "Observer"), Grant(oak.id, "Viewer")]
        both = build.addressed(uow, maple, ada, nia, *grants)
        alone = build.addressed(uow, maple, ada, nia)
        answered, taken = (build.addressed(uow, maple, ada, nia, *grants) for _ in range(2))
        bobs, oaks = build.addressed(uow, maple, ada, bob, *grants), build.addressed(uow, oak, ada, nia)
        uow.addressed.decline(answered.id, uow.now)
        uow.invitations.take_use(taken.id, uow.now)
        assert uow.addressed.withdraw_school(maple.id, nia.id, uow.now) == [both.id, alone.id]
        assert uow.addressed.withdraw_school(maple.id, nia.id, uow.now) == []
        assert uow.addressed.grants(both.id) == [Grant(oak.id, "Viewer")]
        assert uow.addressed.grants(alone.id) == [Grant(maple.id, "Staff")], "it shows what it was"
        for one in (answered, taken, bobs):
            assert len(uow.addressed.grants(one.id)) == len(grants)
        assert uow.addressed.unended_of(maple.id, ada.id) == [both.id, bobs.id]
        assert uow.addressed.unended_of(oak.id, ada.id) == [oaks.id]

    await store.run(unit)


async def test_an_open_invitation_cannot_be_declined_or_cleared(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        made = build.invitation(uow, maple, ada)
        assert not uow.addressed.decline(made.id, uow.now)
        assert not uow.addressed.clear(made.id, uow.now)
        assert not uow.addressed.renew(made)
        assert uow.invitations.by_id(made.id) == made
        assert uow.addressed.unended_of(maple.id, ada.id) == []

    await store.run(unit)


async def test_the_link_and_code_of_before_are_gone_after_a_renewal(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, nia = build.school(uow), build.person(uow), build.person(uow, "Nia")
        made = build.addressed(uow, maple, ada, nia)
        day = timedelta(days=1)
        fresh = replace(
            made, code=new_code(), token=new_token(), expires_at=START + 2 * day, renewed_at=START + day
        )
        assert uow.addressed.renew(fresh)
        assert uow.invitations.by_code(made.code) is None
        assert uow.invitations.by_token(made.token) is None
        assert uow.invitations.by_code(fresh.code) == uow.invitations.by_token(fresh.token) == fresh

    await store.run(unit)


async def test_an_invitation_by_mail_gets_another_address(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, nia = build.school(uow), build.person(uow), build.person(uow, "Nia")
        mailed = {"email": "Nia@Example.org", "way": Way.EMAIL}
        made, ended = (build.addressed(uow, maple, ada, nia, **mailed) for _ in range(2))
        build.addressed(uow, maple, ada, nia)
        other = build.addressed(uow, maple, ada, nia, email="other@example.org", way=Way.EMAIL)
        build.addressed(uow, maple, ada, build.person(uow, "Eve"), **mailed)
        assert uow.addressed.decline(ended.id, uow.now)
        assert uow.addressed.mailed_to(nia.id, "nia@example.org") == [made]
        assert uow.addressed.mailed_to(nia.id, "") == [made, other]
        assert uow.addressed.readdress(made.id, "Nia.O@example.org")
        assert not uow.addressed.readdress(ended.id, "nia.o@example.org")
        for one in (made, ended):  # the address of one that has not ended stays
            uow.addressed.forget_address(one.id)
        gone = uow.invitations.by_id(ended.id)
        assert gone is not None
        assert gone.to == replace(ended.to, email="", declined_at=uow.now)  # type: ignore[type-var]
        assert uow.addressed.mailed_to(nia.id, "nia@example.org") == []
        (found,) = uow.addressed.mailed_to(nia.id, "nia.o@example.org")
        assert found.to == replace(made.to, email="Nia.O@example.org")  # type: ignore[type-var]
        assert uow.addressed.person_invited([maple.id], None, "nia.o@example.org") is None

    await store.run(unit)


async def test_the_newest_of_a_person_in_a_school(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak, elm = build.school(uow), build.school(uow, "Oak"), build.school(uow, "Elm")
        ada, nia, bob = build.person(uow), build.person(uow, "Nia"), build.person(uow, "Bob")
        build.addressed(uow, maple, ada, nia)
        both = build.addressed(uow, maple, ada, nia, Grant(maple.id, "Staff"), Grant(oak.id, "Staff"))
        build.addressed(uow, maple, ada, bob)
        assert uow.addressed.newest_of(maple.id, nia.id) == both
        assert uow.addressed.newest_of(oak.id, nia.id) == both
        assert uow.addressed.newest_of(elm.id, nia.id) is None
        assert uow.addressed.newest_of(oak.id, bob.id) is None

    await store.run(unit)


async def test_whom_a_school_has_invited_before(store: Store) -> None:
    """Only people whom the school knows, however often the address was used elsewhere."""

    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        ada, nia, eve = build.person(uow), build.person(uow, "Nia"), build.person(uow, "Eve")
        build.membership(uow, maple, nia)
        build.membership(uow, oak, eve)
        build.addressed(uow, maple, ada, nia, email="nia@example.org")
        build.addressed(uow, maple, ada, nia, account=NIA)
        build.addressed(uow, oak, ada, eve, email="nia@example.org")
        found = uow.addressed.person_invited
        assert found([maple.id], None, "NIA@example.org") == nia.id
        assert found([oak.id], None, "nia@example.org") == eve.id
        assert found([maple.id, oak.id], NIA, "") == nia.id
        assert found([oak.id], NIA, "") is None
        assert found([maple.id], None, "") is None
        assert found([maple.id], AccountKey("slack", "42"), "other@example.org") is None

    await store.run(unit)


async def test_what_waits_for_somebody(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        nia, eve = build.person(uow, "Nia"), build.person(uow, "Eve")
        made = [
            build.addressed(uow, maple, ada, nia, sent_at=START),
            build.addressed(uow, maple, ada, eve, email="nia@example.org", sent_at=START),
            build.addressed(uow, maple, ada, eve, account=NIA, send_error="refused"),
        ]
        build.addressed(uow, maple, ada, eve, sent_at=START)
        build.invitation(uow, maple, ada)
        # Invitations that were never sent, or have ended, take no place.
        build.addressed(uow, maple, ada, nia)
        build.addressed(uow, maple, ada, nia, send_at=START)
        build.addressed(uow, maple, ada, nia, sent_at=START, cleared_at=START)
        renewed = replace(build.addressed(uow, maple, ada, nia, sent_at=START), expires_at=uow.now)
        assert uow.addressed.renew(renewed)
        nobody = AccountKey("web", "nobody")

        def found(person_id: str | None, account: AccountKey, email: str, limit: int = 9) -> object:
            return uow.addressed.awaiting_answer(person_id, account, email, now=uow.now, limit=limit)

        assert found(nia.id, NIA, "Nia@example.org") == made[::-1]
        assert found(nia.id, NIA, "Nia@example.org", 2) == made[:0:-1]
        assert found(None, nobody, "nia@example.org") == [made[1]]
        assert found(None, NIA, "") == [made[2]]
        assert found(None, nobody, "") == []

    await store.run(unit)


async def test_an_erased_addressee_leaves_nothing_but_the_id(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, nia = build.school(uow), build.person(uow), build.person(uow, "Nia")
        made = build.addressed(uow, maple, ada, nia, email="nia@example.org", account=NIA)
        kept = build.addressed(uow, maple, ada, ada, email="ada@example.org")
        (shown,) = uow.holdings.records(RecordKind.ADDRESSED, nia.id)
        assert (shown["addressee"], shown["email"], shown["way"]) == ("Nia", "nia@example.org", "hand")
        uow.holdings.erase_texts(nia.id, [])
        blank = uow.invitations.by_id(made.id)
        assert blank is not None
        assert blank.to == Addressee(nia.id, ERASED)
        assert uow.invitations.by_id(kept.id) == kept
        assert uow.holdings.move(RecordKind.ADDRESSED, nia.id, ada.id) == 1
        moved = uow.invitations.by_id(made.id)
        assert moved is not None
        assert moved.to == Addressee(ada.id, ERASED)

    await store.run(unit)


def _desk(uow: UnitOfWork, of: School) -> CustomRole:
    made = CustomRole(build.fresh_id(), of.id, "Desk", uow.now, frozenset())
    assert uow.roles.add(made)
    return made


async def test_another_name_of_a_role_goes_into_what_is_granted(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        ada, nia = build.person(uow), build.person(uow, "Nia")
        desk, wanted = _desk(uow, maple), [Grant(maple.id, "Desk"), Grant(oak.id, "Desk")]
        made = build.addressed(uow, oak, ada, nia, *wanted)
        assert uow.roles.save(replace(desk, name="Front"), before=desk)
        assert set(uow.addressed.grants(made.id)) == {Grant(maple.id, "Front"), Grant(oak.id, "Desk")}

    await store.run(unit)


@pytest.mark.parametrize("end", ["nothing", "decline", "clear", "revoke", "accept"])
async def test_a_role_that_is_still_to_be_granted_is_not_deleted(store: Store, end: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak = build.school(uow), build.school(uow, "Oak")
        ada, nia = build.person(uow), build.person(uow, "Nia")
        desk = _desk(uow, maple)
        made = build.addressed(uow, oak, ada, nia, Grant(maple.id, "Desk"))
        match end:
            case "decline":
                uow.addressed.decline(made.id, uow.now)
            case "clear":
                uow.addressed.clear(made.id, uow.now)
            case "revoke":
                uow.invitations.revoke(made.id, by=ada.id, at=uow.now)
            case "accept":
                uow.invitations.take_use(made.id, uow.now)
        assert uow.roles.delete(desk) is (end != "nothing")

    await store.run(unit)
