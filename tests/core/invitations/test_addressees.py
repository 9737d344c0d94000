"""Whom an addressed invitation can belong to, by its link, its account or its address."""

import pytest

from bot.core.invitations import answering
from bot.core.invitations.addressees import Addressee
from bot.core.invitations.invitations import Invitation
from bot.core.joining_errors import WrongAccount
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Actor, Caller, Person, Platform
from bot.storage.schools.schools import SqlSchools
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA, BEA, link, newest, signed_in
from tests.fakes.schools import FakeSchools
from tests.storage import build
from tests.world import START, caller

NIA = signed_in("nia", "nia@example.org")
WRONG = "This invitation is for another account."
UNUSABLE = "That invitation cannot be used."
MAIL, ACCOUNT = "nia@example.org", AccountKey("web", "nia")


@pytest.mark.parametrize(
    ("person_id", "account", "verified", "email", "to_account", "may"),
    [
        ("p1", "other", "", MAIL, None, True),  # the addressee
        ("p2", "other", "", MAIL, None, False),
        (None, "other", "", MAIL, None, False),
        (None, "nia", "", "", ACCOUNT, True),  # the account
        (None, "other", "", "", ACCOUNT, False),
        (None, "nia", "", MAIL, ACCOUNT, True),
        (None, "other", MAIL, MAIL, None, True),  # the address
        (None, "other", "eve@example.org", MAIL, None, False),
        (None, "other", MAIL, "", ACCOUNT, False),
        (None, "other", MAIL, MAIL, ACCOUNT, True),
        (None, "other", "", "", None, True),  # a stranger to whom it was handed
    ],
)
def test_an_invitation_is_for_its_address_account_or_person(
    person_id: str | None,
    account: str,
    verified: str,
    email: str,
    to_account: AccountKey | None,
    *,
    may: bool,
) -> None:
    call = Caller(AccountKey("web", account), "Somebody", Platform.WEB, verified_email=verified)
    actor = Actor(call, Person(person_id, "Somebody") if person_id else None)
    to = Addressee("p1", "Nia", email, to_account)
    invitation = Invitation("i", "s", "t", "c", "a", START, to=to)
    assert answering.could_answer(actor, invitation) is may


def test_an_invitation_for_everybody_is_nobodys_own() -> None:
    invitation = Invitation("i", "s", "t", "c", "a", START)
    assert not answering.could_answer(Actor(NIA, None), invitation)


@pytest.mark.parametrize(
    ("address", "shown"),
    [("nia@example.org", "n•••@example.org"), ("", ""), ('"n@a"@example.org', '"•••@example.org')],
)
def test_an_address_is_shown_to_those_alone_who_know_it(address: str, shown: str) -> None:
    assert answering.masked(address) == shown


async def _theirs(door: Door, who: Caller) -> bool:
    made = await newest(door)

    def unit(uow: UnitOfWork) -> bool:
        return answering.may_answer(uow, Actor(who, uow.people.by_account(who.account)), made)

    return await door.database.read(unit)


async def test_a_link_that_was_handed_over_is_of_whoever_takes_it_first(door: Door) -> None:
    await maple(door)
    assert not await _theirs(door, caller("nia")), "one for everybody is nobody's"
    await door.says(ADA, "/invite person name:Nia")
    assert await _theirs(door, caller("nia"))
    assert await _theirs(door, caller("eve"))
    await door.clicks("nia", "invite accept", invitation=link(await newest(door)))
    assert await _theirs(door, caller("nia"))
    assert not await _theirs(door, caller("eve"))


@pytest.mark.parametrize("to", ["nia", MAIL, ""])
async def test_a_code_that_is_over_says_so_to_whom_it_was_for_alone(door: Door, to: str) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"/invite person name:Nia {f'to:{to}' if to else ''}")
    made = await newest(door)
    await door.says(ADA, f"/invite revoke {made.code}")
    nia = NIA if to == MAIL else caller("nia")
    assert "Your invitation is revoked" in heard(await door.says(nia, f"/join {made.code}"))
    if to:
        assert heard(await door.says("eve", f"/join {made.code}")).startswith(UNUSABLE)


@pytest.mark.parametrize(
    ("to", "told", "where"),
    [
        ("leo", "on Web, with the account it was sent to", ("", "web")),
        (MAIL, "n•••@", ("n•••@example.org", "")),
    ],
)
async def test_a_link_for_somebody_else_says_where_to_sign_in(
    door: Door, to: str, told: str, where: tuple[str, str]
) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"/invite person to:{to} name:Nia")
    made = await newest(door)
    assert told in heard(await door.clicks("eve", "invite accept", invitation=link(made)))
    eve = Actor(caller("eve"), None)
    with pytest.raises(WrongAccount) as refused:
        await door.database.run(lambda uow: answering.hold_for_answer(uow, eve, made, holds_link=True))
    assert (refused.value.address, refused.value.issuer) == where


async def test_an_answer_holds_all_schools_that_it_touches(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It locks the schools that the invitation names, and those where either person is a member."""
    await maple(door, invite=None)
    await door.says(ADA, '/school create "Oak"')
    await door.says(BEA, '/school create "Elm" approval:automatic')
    await door.says(BEA, "/invite create")
    elm = (await door.database.read(lambda uow: uow.schools.linked_to(BEA.workspace)))[0]  # type: ignore[arg-type]
    await door.says(ADA, f'/invite person to:{MAIL} name:Nia school:"Maple Grove" schools:Oak')
    made = (await door.invitations_of("Maple Grove"))[0]

    def known_in_elm(uow: UnitOfWork) -> None:
        build.membership(uow, elm, build.person(uow, "Nia", NIA.account))
        # In one of its schools the addressee is not expected any more.
        assert made.to is not None
        oak = uow.schools.linked_to(ADA.workspace)[1]  # type: ignore[arg-type]
        expected = uow.members.of(oak.id, made.to.person_id)
        assert expected is not None
        uow.members.withdraw(expected.id)

    await door.database.run(known_in_elm)
    held: set[str] = set()
    for kind in (SqlSchools, FakeSchools):
        real = kind.lock

        def lock(self, school_id, *, closing=False, real=real):
            held.add(school_id)
            real(self, school_id, closing=closing)

        monkeypatch.setattr(kind, "lock", lock)

    def look(uow: UnitOfWork) -> set[str]:
        actor = Actor(NIA, uow.people.by_account(NIA.account))
        answering.hold_for_answer(uow, actor, made, holds_link=True)
        return {school.name for one in held if (school := uow.schools.by_id(one)) is not None}

    assert await door.database.run(look) == {"Maple Grove", "Oak", "Elm"}
    monkeypatch.undo()
    told = heard(await door.clicks(NIA, "invite accept", invitation=link(made)))
    assert "Maple Grove" in told
    assert "Oak" in told
