"""The contract of every store for invitations and redemptions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest

from bot.core.ids import hash_of
from bot.core.invitations.addressees import Addressee, Way
from bot.core.invitations.invitations import Invitation, InvitationFilter, InvitationState, Redemption
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Person
from bot.core.values import replace
from tests.storage import build
from tests.storage.conftest import Store
from tests.world import START

HOUR = timedelta(hours=1)


async def test_an_invitation_is_found_by_code_link_and_id(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        made = build.invitation(
            uow,
            maple,
            ada,
            role="Staff",
            uses_allowed=3,
            expires_at=START + HOUR,
            note="Hi 🎒",
            label="#class",
        )
        build.invitation(uow, maple, ada)
        assert uow.invitations.by_id(made.id) == made
        assert uow.invitations.by_code(made.code) == made
        assert uow.invitations.by_token(made.token) == made
        assert uow.invitations.by_code(made.token) is None
        assert uow.invitations.by_token(made.code) is None
        assert uow.invitations.by_id(build.fresh_id()) is None

    await store.run(unit)


@pytest.mark.parametrize("hold", [True, False])
async def test_an_invitation_is_found_with_its_school(store: Store, hold: bool) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada = build.person(uow, "Ada")
        maple, oak = build.school(uow, "Maple"), build.school(uow, "Oak")
        made, other = build.invitation(uow, maple, ada), build.invitation(uow, oak, ada)
        assert uow.invitations.with_school(made.code, "", hold=hold) == (made, maple)
        assert uow.invitations.with_school("", other.token, hold=hold) == (other, oak)
        assert uow.invitations.with_school(made.token, "", hold=hold) is None
        assert uow.invitations.with_school("", made.code, hold=hold) is None
        uow.sendings.add_link(hash_of("mailed"), other.id, START)
        assert uow.invitations.with_school("", "mailed", hold=hold) == (other, oak)

    await store.run(unit)


async def test_uses_are_taken_until_none_is_left(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = build.invitation(uow, build.school(uow), build.person(uow), uses_allowed=2)
        assert [uow.invitations.take_use(made.id, START) for _ in range(4)] == [True, True, False, False]
        assert uow.invitations.by_id(made.id) == replace(made, uses_taken=2)
        assert not uow.invitations.take_use(build.fresh_id(), START)

    await store.run(unit)


async def test_uses_without_a_limit(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = build.invitation(uow, build.school(uow), build.person(uow))
        assert all(uow.invitations.take_use(made.id, START) for _ in range(5))
        assert uow.invitations.by_id(made.id) == replace(made, uses_taken=5)

    await store.run(unit)


async def test_no_use_is_taken_at_the_moment_of_expiry_or_after(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        tick = timedelta(microseconds=1)
        made = build.invitation(uow, build.school(uow), build.person(uow), expires_at=START)
        assert uow.invitations.take_use(made.id, START - tick)
        assert not uow.invitations.take_use(made.id, START)
        assert not uow.invitations.take_use(made.id, START + tick)

    await store.run(unit)


async def test_revoking_is_once_and_for_good(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        ada, bob = build.person(uow), build.person(uow, "Bob")
        made = build.invitation(uow, build.school(uow), ada)
        assert uow.invitations.revoke(made.id, by=bob.id, at=START)
        assert not uow.invitations.revoke(made.id, by=ada.id, at=START + HOUR)
        assert uow.invitations.by_id(made.id) == replace(made, revoked_at=START, revoked_by=bob.id)
        assert not uow.invitations.take_use(made.id, START - HOUR)
        assert not uow.invitations.revoke(build.fresh_id(), by=ada.id, at=START)

    await store.run(unit)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2027, 1, 31, 17, 0, 0, 1, tzinfo=UTC),
        datetime(2027, 1, 31, 17, 0, 0, 999_999, tzinfo=UTC),
        datetime(2027, 1, 31, 17, 0, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(2027, 1, 31, 0, 30, tzinfo=timezone(timedelta(hours=14))),
        datetime(2027, 1, 31, 23, 30, tzinfo=timezone(-timedelta(hours=12))),
    ],
)
async def test_times_keep_their_microseconds_and_come_back_in_utc(store: Store, at: datetime) -> None:
    def unit(uow: UnitOfWork) -> None:
        made = build.invitation(uow, build.school(uow), build.person(uow), expires_at=at)
        found = uow.invitations.by_id(made.id)
        assert found is not None
        assert found.expires_at == at
        assert found.state(at) is InvitationState.EXPIRED
        assert found.state(at - timedelta(microseconds=1)) is InvitationState.OPEN
        assert not uow.invitations.take_use(made.id, at)
        assert uow.invitations.take_use(made.id, at - timedelta(microseconds=1))

    await store.run(unit)


async def test_who_came_in_newest_first(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        made, other = build.invitation(uow, maple, ada), build.invitation(uow, maple, ada)
        people = [build.person(uow, f"P{number}") for number in range(3)]
        moments = [build.tick() for _ in people]
        for one, at in zip(people, moments, strict=True):
            uow.invitations.add_redemption(Redemption(build.fresh_id(), made.id, one.id, at))
        newest = list(reversed(list(zip(people, moments, strict=True))))

        def came(of: Invitation, after: str | None, limit: int) -> list[tuple[Person, datetime]]:
            found = uow.leaks.redeemers(of.id, after=after, limit=limit)
            return [(one.person, one.redeemed_at) for one in found]

        assert came(made, None, 10) == newest
        assert came(made, None, 2) == newest[:2]
        assert came(made, None, 0) == []
        assert came(other, None, 10) == []
        last = uow.leaks.redeemers(made.id, after=None, limit=2)[-1]
        assert came(made, last.id, 10) == newest[2:]

    await store.run(unit)


def _pages(uow: UnitOfWork, school_id: str, wanted: InvitationFilter, size: int) -> list[Invitation]:
    found: list[Invitation] = []
    page: Sequence[Invitation] = uow.invitations.listed(school_id, wanted, limit=size)
    while page:
        assert page[0] not in found
        found += page
        page = uow.invitations.listed(school_id, replace(wanted, after=page[-1].id), limit=size)
    return found


@pytest.mark.parametrize("text", ["", "class"])
async def test_pages_of_invitations_newest_first(store: Store, text: str) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, oak, ada = build.school(uow), build.school(uow, "Oak"), build.person(uow)
        made = [build.invitation(uow, maple, ada, label=f"class {number}") for number in range(7)]
        build.invitation(uow, oak, ada, label="class elsewhere")
        for size in (1, 2, 3, 7, 8):
            assert _pages(uow, maple.id, InvitationFilter(text=text), size) == made[::-1]

    await store.run(unit)


async def test_invitations_are_searched_in_all_that_people_know_of_them(store: Store) -> None:
    def unit(uow: UnitOfWork) -> None:
        maple, ada, zoe = build.school(uow), build.person(uow, "Ada"), build.person(uow, "Zoë")
        one = build.invitation(uow, maple, ada, label="Röntgen 100%", note="Welcome", role="Staff")
        two = build.invitation(uow, maple, zoe, note="Straße_5")

        def found(**wanted: str | bool) -> Sequence[Invitation]:
            return uow.invitations.listed(maple.id, InvitationFilter(**wanted), limit=9)  # type: ignore[arg-type]

        for typed in ("RÖNTGEN", "100%", "%", "ada", "staff", "elcom", one.code[3:9].lower()):
            assert found(text=typed) == [one], typed
        for typed in ("zoë", "ZOË", "strasse_5", "_"):
            assert found(text=typed) == [two], typed
        assert found(text=f"{two.code[:4]}-{two.code[4:8]}") == [two]
        assert found(text=two.token[4:14]) == [two]
        for typed in ("-", "--", "\\", "nothing like it"):
            assert found(text=typed) == [], typed
        for part in (one.code, one.code[3:9], one.token[4:14]):
            assert found(text=part, secrets=False) == []
        assert found(text="ada", secrets=False) == [one]
        assert found(text=one.code) == [one]
        assert found(text=f"https://join.example.org/i/{two.token[:9]}") == [two], "a link that was cut off"
        assert found(text="https://join.example.org/i/") == []
        assert found() == [two, one]

    await store.run(unit)


async def test_the_state_in_a_list_is_the_state_of_the_invitation(store: Store) -> None:
    """The SQL condition of each state means the same as `Invitation.state`, at every boundary."""

    def unit(uow: UnitOfWork) -> None:
        maple, ada = build.school(uow), build.person(uow)
        tick = timedelta(microseconds=1)
        expiries = (None, START - tick, START, START + tick)
        uses = ((None, 0), (None, 5), (1, 0), (1, 1), (3, 2), (3, 3))
        made = [
            build.invitation(
                uow,
                maple,
                ada,
                expires_at=expires_at,
                uses_allowed=allowed,
                uses_taken=taken,
                revoked_at=revoked,
                revoked_by=ada.id if revoked else None,
                locked_at=locked,
                to=to,
            )
            for expires_at, (allowed, taken), revoked, locked, to in product(
                expiries, uses, (None, START), (None, START), _addressees(ada)
            )
        ]
        for state in InvitationState:
            listed = uow.invitations.listed(
                maple.id, InvitationFilter(state=state, now=START), limit=len(made)
            )
            expected = [one for one in reversed(made) if one.state(START) is state]
            assert listed == expected, state
            assert expected, "every state must be among the examples"

    await store.run(unit)


def _addressees(person: Person) -> list[Addressee | None]:
    to = Addressee(person.id, "Nia", "nia@example.org", AccountKey("slack", "T1/U1"), Way.EMAIL)
    return [
        None,
        to,
        replace(to, send_at=START),
        replace(to, send_at=START, send_error="refused"),
        replace(to, sent_at=START),
        replace(to, declined_at=START),
        replace(to, cleared_at=START),
        replace(to, declined_at=START, cleared_at=START),
    ]
