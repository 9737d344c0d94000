"""Accounts are linked, merged and unlinked at the same moment, on both databases."""

from collections import Counter
from functools import partial

from bot.core.errors import NotFound, Refusal
from bot.core.invitations import redeeming
from bot.core.people import accounts, erasure, lifecycle, merging, transfers
from bot.core.people.accounts import Linked, handle
from bot.core.people.lifecycle import Verb
from bot.core.people.members import Access, Member
from bot.core.people.transfers import TransferRequest
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor
from tests.storage import build
from tests.storage.rounds import (
    ROUNDS,
    Database,
    Ground,
    Unit,
    actions,
    as_,
    check_audit_chains,
    grounds,
    race,
    refused,
    somebody,
)

# Who asked for a code, and the code; who would become whom, and what both agreed to.
Offer = tuple[str, str]


def _leo(uow: UnitOfWork, of: Ground) -> dict[str, str]:
    """Add another member, who has two accounts."""
    leo = somebody(uow, "leo", of.number)
    build.membership(uow, of.school, leo)
    uow.members.assign(leo.id, "Viewer", of.school.id, by=None, at=uow.now)
    uow.accounts.link(AccountKey("web", f"max{of.number}"), leo.id, uow.now)
    return {"leo": leo.id}


def _offer(uow: UnitOfWork, of: Ground, asker: str, typist: str) -> Offer:
    """Ask for a linking code; return it with the plan that is shown to the one who types it."""
    code: str = as_(asker, of, accounts.offer)(uow)
    target, source = (
        uow.people.by_account(AccountKey("web", f"{name}{of.number}")) for name in (asker, typist)
    )
    assert source is not None
    assert target is not None
    return code, merging.plan(uow, source, target).digest


def _types(name: str, of: Ground, offer: Offer) -> Unit:
    return as_(name, of, lambda uow, actor: accounts.join(uow, actor, offer[0], agreed=offer[1]))


async def _owners(database: Database, land: list[Ground], *names: str) -> list[list[str | None]]:
    def owner(uow: UnitOfWork, of: Ground, name: str) -> str | None:
        found = uow.people.by_account(AccountKey("web", f"{name}{of.number}"))
        return found.id if found else None

    return await database.read(lambda uow: [[owner(uow, of, name) for name in names] for of in land])


async def test_both_codes_are_typed_at_once(database: Database) -> None:
    """Each of two persons would be merged into the other: one is, and nobody is lost."""
    land = await grounds(database, prepare=_leo)
    offers = await database.run(
        lambda uow: [(_offer(uow, of, "nia", "leo"), _offer(uow, of, "leo", "nia")) for of in land]
    )
    rounds = [
        [_types("leo", of, first), _types("nia", of, second)]
        for of, (first, second) in zip(land, offers, strict=True)
    ]
    for one in await race(database, rounds):
        assert refused(one) in (["AlreadyLinked"], ["ClaimUnusable"])
        assert sum(isinstance(outcome, Linked) for outcome in one) == 1
    assert all(nia == leo is not None for nia, leo in await _owners(database, land, "nia", "leo"))
    assert (await actions(database)).count("person.merged") == ROUNDS
    await check_audit_chains(database)


async def test_the_same_code_is_typed_by_many_at_once(database: Database) -> None:
    land = await grounds(database)
    codes = await database.run(lambda uow: [as_("nia", of, accounts.offer)(uow) for of in land])
    names = ("ida", "ben", "eve")
    rounds = [[_types(name, of, (code, "")) for name in names] for of, code in zip(land, codes, strict=True)]
    assert all(refused(one) == ["ClaimUnusable"] * 2 for one in await race(database, rounds))
    assert (await actions(database)).count("account.linked") == ROUNDS


async def test_one_account_types_two_codes_at_once(database: Database) -> None:
    land = await grounds(database)
    offers = await database.run(
        lambda uow: [[as_(name, of, accounts.offer)(uow) for name in ("nia", "omar")] for of in land]
    )
    rounds = [
        [_types("sam", of, (code, "")) for code in codes] for of, codes in zip(land, offers, strict=True)
    ]
    for one in await race(database, rounds):
        # The other is too late, or is asked whether two persons shall be one.
        assert sum(isinstance(outcome, Linked) for outcome in one) == 1
        assert refused(one) in ([], ["AlreadyLinked"])
    for nia, omar, sam in await _owners(database, land, "nia", "omar", "sam"):
        assert sam in {nia, omar}


async def test_two_accounts_unlink_each_other_at_once(database: Database) -> None:
    land = await grounds(database, prepare=_leo)

    def unlinks(name: str, of: Ground, gone: str) -> Unit:
        key = handle(AccountKey("web", f"{gone}{of.number}"))
        return as_(name, of, lambda uow, actor: accounts.unlink(uow, actor, key))

    await race(database, [[unlinks("leo", of, "max"), unlinks("max", of, "leo")] for of in land])
    owners = await _owners(database, land, "leo", "max")
    assert all(sum(one is not None for one in pair) == 1 for pair in owners)


async def test_a_suspension_races_a_merge(database: Database) -> None:
    """Whichever is first, the person is suspended in the end, or the admin is told."""
    land = await grounds(database, prepare=_leo)
    offers = await database.run(lambda uow: [_offer(uow, of, "leo", "nia") for of in land])

    def suspends(of: Ground) -> Unit:
        def act(uow: UnitOfWork, actor: Actor) -> object:
            return lifecycle.change(uow, actor, of.school, of.nia.id, Verb.SUSPEND)

        return as_("ada", of, act)

    rounds = [[suspends(of), _types("nia", of, offer)] for of, offer in zip(land, offers, strict=True)]
    outcomes = await race(database, rounds)
    assert {tuple(refused(one)) for one in outcomes} == {(), ("NotFound",)}

    def unit(uow: UnitOfWork) -> None:
        for of, one in zip(land, outcomes, strict=True):
            current = uow.accounts.current(of.nia.id)
            assert current is not None
            seat = uow.members.of(of.school.id, current.id)
            assert seat is not None
            assert (seat.access is Access.SUSPENDED) is not bool(refused(one))

    await database.read(unit)
    await check_audit_chains(database)


async def test_a_transfer_is_done_once_however_often_it_is_clicked(database: Database) -> None:
    land = await grounds(database)

    def wanted(uow: UnitOfWork, of: Ground) -> TransferRequest:
        seats = [uow.members.of(of.school.id, person.id) for person in (of.omar, of.ada)]
        source, target = (Member(seat, "", ()) for seat in seats if seat is not None)
        return TransferRequest(source, target)

    def hands(uow: UnitOfWork, actor: Actor, of: Ground, wish: TransferRequest, digest: str) -> str:
        plan, _ = transfers.transfer(uow, actor, of.school, wish, agreed=digest)
        return plan.digest

    def prepare(uow: UnitOfWork) -> list[tuple[TransferRequest, str]]:
        for of in land:
            build.invitation(uow, of.school, of.omar)
        wishes = [wanted(uow, of) for of in land]
        return [
            (wish, as_("ada", of, partial(hands, of=of, wish=wish, digest=""))(uow))
            for of, wish in zip(land, wishes, strict=True)
        ]

    plans = await database.run(prepare)
    rounds = [
        [as_("ada", of, partial(hands, of=of, wish=wish, digest=digest)) for _ in range(3)]
        for of, (wish, digest) in zip(land, plans, strict=True)
    ]
    assert all(refused(one) == ["NothingToChange"] * 2 for one in await race(database, rounds))
    assert (await actions(database)).count("member.records_transferred") == ROUNDS
    await check_audit_chains(database)


async def test_somebody_is_erased_once(database: Database) -> None:
    land = await grounds(database)

    def units(of: Ground) -> list[Unit]:
        def erases(uow: UnitOfWork, actor: Actor) -> object:
            return erasure.member(uow, actor, of.school, of.nia.id, confirmed=True)

        def suspends(uow: UnitOfWork, actor: Actor) -> object:
            return lifecycle.change(uow, actor, of.school, of.nia.id, Verb.SUSPEND)

        own = as_("nia", of, lambda uow, actor: erasure.own(uow, actor, confirmed=True))
        return [own, as_("ada", of, erases), as_("omar", of, suspends)]

    outcomes = await race(database, [units(of) for of in land])
    for one in outcomes:
        assert set(refused(one)) <= {"NotFound", "ActorUnknown", "MembershipBarred"}
        assert len(refused(one[:2])) == 1
    assert (await actions(database)).count("person.erased") == ROUNDS
    await check_audit_chains(database)


async def test_somebody_is_erased_while_they_become_another(database: Database) -> None:
    """Either they are merged and nobody is erased, or they are erased and the other person is intact."""
    land = await grounds(database, prepare=_leo)
    offers = await database.run(lambda uow: [_offer(uow, of, "leo", "nia") for of in land])

    def erases(of: Ground) -> Unit:
        return as_(
            "ada", of, lambda uow, actor: erasure.member(uow, actor, of.school, of.nia.id, confirmed=True)
        )

    rounds = [[_types("nia", of, offer), erases(of)] for of, offer in zip(land, offers, strict=True)]
    outcomes = await race(database, rounds)
    owners = await _owners(database, land, "leo", "nia")
    for of, (linked, erased), (leo, nia) in zip(land, outcomes, owners, strict=True):
        assert leo == of.more["leo"]
        # A person who is erased first may still link an account without a person.
        assert nia == (leo if isinstance(linked, Linked) else None)
        assert isinstance(linked, Linked) or not isinstance(erased, Refusal)
    first = sum(isinstance(erased, NotFound) for _, erased in outcomes)
    done = Counter(await actions(database))
    assert 0 < first < ROUNDS, "each was the first now and then"
    assert (done["person.merged"], done["person.erased"]) == (first, ROUNDS - first)
    await check_audit_chains(database)


async def test_a_person_who_joins_while_they_are_merged_is_not_lost(database: Database) -> None:
    land = await grounds(database, prepare=_leo)
    offers = await database.run(lambda uow: [_offer(uow, of, "leo", "nia") for of in land])
    codes = await database.run(lambda uow: [build.invitation(uow, of.school, of.ada).code for of in land])

    def joins(of: Ground) -> Unit:
        elsewhere = codes[of.number - 1]
        return as_("nia", of, lambda uow, actor: redeeming.redeem(uow, actor, elsewhere))

    rounds = [[_types("nia", of, offer), joins(of)] for of, offer in zip(land, offers, strict=True)]
    assert not any(refused(one) for one in await race(database, rounds))

    def unit(uow: UnitOfWork) -> None:
        for of in land:
            current = uow.accounts.current(of.nia.id)
            assert current is not None
            seat = uow.members.of(land[of.number - 1].school.id, current.id)
            assert seat is not None
            assert seat.active

    await database.read(unit)
    await check_audit_chains(database)
