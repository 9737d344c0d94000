"""The effects of accepting: merged memberships, e-mail addresses, added roles."""

import pytest

from bot.chat.replies import Form
from bot.core.people.holdings import RecordKind
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Platform, WorkspaceKey
from tests.core.door import Door, heard, maple
from tests.core.invited import ADA, becomes_the_invited, link, newest, roles, signed_in
from tests.world import caller

MAIL = "nia@example.org"
NIA = signed_in("nia", MAIL)


async def _email(door: Door, name: str) -> str:
    found = await door.database.read(lambda uow: uow.people.by_account(caller(name).account))
    assert found is not None
    return (await door.database.read(lambda uow: uow.people.details(found.id))).email


@pytest.mark.parametrize("invited", ["before", "after"])
async def test_a_person_suspended_under_another_account_stays_suspended(door: Door, invited: str) -> None:
    await maple(door)
    (code,) = (one.code for one in await door.invitations() if not one.uses_allowed)
    if invited == "before":
        await door.says(ADA, f"/invite person to:{MAIL} name:Zoe roles:Staff")
    await door.says(NIA, f"/join {code}")
    await door.says(ADA, "/member suspend nia")
    if invited == "after":
        await door.says(ADA, f"/invite person to:{MAIL} name:Zoe roles:Staff")
    (made,) = (one for one in await door.invitations() if one.to)
    before = await door.known()
    told = heard(await door.clicks(NIA, "invite accept", invitation=link(made)))
    assert told.startswith("Your membership in Maple Grove is suspended")
    assert await door.known() == before


async def test_an_address_is_kept_once_it_is_proved(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"/invite person to:{MAIL} name:Nia")
    made = await newest(door)
    nia = signed_in("nia", MAIL, issuer="web")
    await door.clicks(nia, "invite accept", invitation=link(made))
    assert await _email(door, "nia") == MAIL


async def test_an_address_that_is_not_proved_is_not_kept(door: Door) -> None:
    """They are known by their account meanwhile, and click without the address."""
    await maple(door, invite=None)
    await door.says(ADA, f"/invite person to:{MAIL} name:Nia")
    made = await newest(door)
    await becomes_the_invited(door, "nia", made)
    before = await _email(door, "nia")
    assert "Welcome" in heard(await door.clicks("nia", "invite accept", invitation=made.id))
    assert await _email(door, "nia") == before == ""


async def test_an_address_that_is_known_is_not_replaced(door: Door) -> None:
    await maple(door, invite=None)
    nia = signed_in("nia", MAIL, issuer="web")
    await door.says(nia, "/me")
    await door.says(ADA, '/school create "Oak" approval:automatic')
    await door.says(ADA, "/invite create school:Oak")
    code = (await door.invitations_of("Oak"))[0].code
    await door.says(nia, f"/join {code}")

    def knows(uow: UnitOfWork) -> None:
        found = uow.people.by_account(nia.account)
        assert found is not None
        details = uow.people.details(found.id)
        assert uow.people.save_details(found.id, type(details)(email="old@example.org"))

    await door.database.run(knows)
    await door.says(ADA, f'/invite person to:{MAIL} name:Nia school:"Maple Grove"')
    made = (await door.invitations_of("Maple Grove"))[0]
    assert "Welcome" in heard(await door.clicks(nia, "invite accept", invitation=link(made)))
    assert await _email(door, "nia") == "old@example.org"


async def test_on_a_full_list_whoever_is_in_still_gets_their_roles(door: Door) -> None:
    await maple(door)
    await door.says(ADA, "/invite person to:nia roles:Staff")
    (made,) = (one for one in await door.invitations() if one.to)
    (code,) = (one.code for one in await door.invitations() if not one.to and not one.uses_allowed)
    await becomes_the_invited(door, "nia", made)
    await door.says("nia", f"/join {code}")
    await door.says("root", "/system edit members_a_school:2")
    assert "Welcome" in heard(await door.clicks("nia", "invite accept", invitation=made.id))
    assert await roles(door, "Nia") == ("Staff", "Viewer")


async def _asked(door: Door, home: str, *others: str) -> Form:
    """Invite Nia into several schools and let her begin to accept; return what is asked."""
    where = f'schools:"{", ".join(others)}"' if others else ""
    await door.says(ADA, f'/invite person to:{MAIL} name:Nia school:"{home}" {where}')
    made = (await door.invitations_of(home))[0]
    form = (await door.clicks(NIA, "invite accept", invitation=link(made))).answer
    assert isinstance(form, Form)
    return form


def _who_asks(form: Form) -> set[str]:
    note = " asks this. Only those who decide read it."
    return {str(field.option.description).removesuffix(note) for field in form.fields}


async def test_a_form_names_the_school_whose_questions_it_asks(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, '/school create "Oak" approval:"by request"')
    await door.says(ADA, '/school questions school:Oak question_1:"Why Oak?"')
    form = await _asked(door, "Maple Grove", "Oak")
    assert _who_asks(form) == {"Oak"}


async def test_the_inviting_school_asks_first_and_no_school_is_named(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    await door.says(ADA, '/school questions question_1:"Why Maple?"')
    await door.says(ADA, '/school create "Oak" approval:"by request"')
    await door.says(ADA, '/school questions school:Oak question_1:"Why Oak?"')
    form = await _asked(door, "Oak", "Maple Grove")
    assert [field.option.title for field in form.fields] == ["Why Oak?", "Why Maple?"]
    assert _who_asks(form) == {"A school that you were invited to"}


async def test_a_school_that_one_is_in_asks_nothing(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/invite create")
    await door.says(NIA, f"/join {await door.code()}")
    await door.says(ADA, '/school edit approval:"by request"')
    await door.says(ADA, '/school questions question_1:"Why Maple?"')
    await door.says(ADA, '/school create "Oak" approval:"by request"')
    await door.says(ADA, '/school questions school:Oak question_1:"Why Oak?"')
    form = await _asked(door, "Oak", "Maple Grove")
    assert [field.option.title for field in form.fields] == ["Why Oak?"]


async def test_a_ban_on_any_account_needs_a_decision(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, f"/invite person to:{MAIL} name:Nia")
    made = await newest(door)

    def banned(uow: UnitOfWork) -> None:
        assert made.to is not None
        old = caller("old").account
        for account in (old, NIA.account):
            assert uow.accounts.link(account, made.to.person_id, uow.now)
        place = WorkspaceKey(Platform.WEB, "playground")
        assert uow.bans.add(place, old.subject, uow.now)

    await door.database.run(banned)
    told = heard(await door.clicks(NIA, "invite accept", invitation=link(made)))
    assert "is waiting" in told
    assert len(await door.requests()) == 1


async def test_the_inviter_is_recorded_as_giving_the_roles(door: Door) -> None:
    await maple(door, invite=None)
    await door.says("omar", f"/invite person to:{MAIL} name:Nia roles:Staff,Observer")
    await door.clicks(NIA, "invite accept", invitation=link(await newest(door)))

    def given(uow: UnitOfWork) -> set[object]:
        omar = uow.people.by_account(caller("omar").account)
        assert omar is not None
        return {one["role"] for one in uow.holdings.records(RecordKind.GRANTS, omar.id)}

    assert await door.database.read(given) == {"Staff", "Observer"}


async def test_the_welcome_names_where_somebody_is_in(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, '/school create "Oak" approval:"by request"')
    for first, second in (("Maple Grove", "Oak"), ("Oak", "Maple Grove")):
        who = signed_in(first[0].lower(), f"{first[0]}@example.org")
        await door.says(ADA, f'/invite person to:{first[0]}@example.org school:"{first}" schools:"{second}"')
        (made, *_) = (one for one in await door.invitations_of(first) if one.to)
        told = heard(await door.clicks(who, "invite accept", invitation=link(made)))
        assert told.splitlines()[0] == "Welcome to Maple Grove"
        assert "Oak\nViewer\nWaits for an admin" in told
