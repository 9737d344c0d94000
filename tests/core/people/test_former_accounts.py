"""Accounts that were unlinked: notices for the person reach them elsewhere, and not there."""

from bot.core.invitations.invitations import KIND as INVITATION
from bot.core.notices.notices import Audience, CardCopy, Destination, tell
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Caller, Platform
from bot.core.values import replace
from bot.jobs.broadcasts import BroadcastWorker
from tests.core.broadcasts import SENT, became, send, work
from tests.core.door import Door, maple
from tests.core.people.test_accounts import DESK, linking_code
from tests.outbox import deliver_all
from tests.storage import build

OLD_ACCOUNT = AccountKey("web", "nora")
OLD, NEW = Destination.direct(OLD_ACCOUNT), Destination.direct(DESK.account)


async def _told(door: Door) -> list[tuple[Audience, Destination]]:
    """Deliver what waits for the applicant; return what was delivered, and where."""
    found = await door.database.run(deliver_all)
    return [(one.audience, one.to) for one in found if one.to in {OLD, NEW}]


async def _linked(door: Door, who: Caller | str = "nora") -> None:
    await door.says(DESK, f"/homeroom account link {await linking_code(door, who)}")


async def _asks(door: Door) -> str:
    """Let Nora ask to join with her first account, and link another one."""
    await maple(door, 'approval:"by request"')
    await door.says("nora", f"/join {await door.code()}")
    await _linked(door)
    (request,) = await door.requests()
    return request.id


async def test_what_was_asked_for_by_it_is_answered_at_another(door: Door) -> None:
    request = await _asks(door)
    assert await _told(door) == [(Audience.APPLICANT, OLD)]
    await door.says(DESK, "/homeroom account unlink web")
    assert await _told(door) == [(Audience.APPLICANT, NEW)]
    await door.clicks("ada", "request reject", request=request, reason="No room")
    assert await _told(door) == [(Audience.OUTCOME, NEW)]


async def test_what_was_asked_for_by_another_stays_where_it_is(door: Door) -> None:
    request = await _asks(door)
    assert await _told(door) == [(Audience.APPLICANT, OLD)]
    await door.says("nora", "/account unlink slack")
    assert await _told(door) == []
    await door.clicks("ada", "request reject", request=request)
    assert await _told(door) == [(Audience.OUTCOME, OLD)]


async def test_an_answer_that_is_on_its_way_goes_to_another(door: Door) -> None:
    request = await _asks(door)
    await _told(door)
    await door.clicks("ada", "request approve", request=request)
    await door.says(DESK, "/homeroom account unlink web")
    assert await _told(door) == [(Audience.OUTCOME, NEW)]


async def test_a_given_up_account_gets_no_more_cards_or_redraws(door: Door) -> None:
    await maple(door, 'approval:"by request"')
    await door.says("nora", f"/join {await door.code()}")
    (request,) = await door.requests()
    await door.clicks("ada", "request approve", request=request.id, role="School Admin")
    await _linked(door)
    await _told(door)
    await door.says("theo", f"/join {await door.code()}")
    (request,) = await door.requests()

    def copies(uow: UnitOfWork) -> None:
        for to in (OLD, NEW):
            made = CardCopy(build.fresh_id(), request.subject, Audience.APPROVER, to, "c", str(to), "old")
            uow.card_copies.add(made, uow.now)

    await door.database.run(copies)
    await door.says(DESK, "/homeroom account unlink web")
    assert await _told(door) == [(Audience.APPROVER, NEW)]
    await door.clicks("theo", "request withdraw", request=request.id)
    assert await _told(door) == [(Audience.APPROVER, NEW)]


async def test_a_message_to_many_reaches_them_at_another_and_once(door: Door) -> None:
    await maple(door)
    await door.says("nora", f"/join {await door.code()}")
    await _linked(door)
    await _told(door)
    broadcast = await send(door)
    await BroadcastWorker(door.database).round()
    await door.says(DESK, "/homeroom account unlink web")
    gone = await work(door)
    assert [one.to for one in gone if one.to in {OLD, NEW}] == [NEW]
    assert await became(door, broadcast) == {SENT: 3}


async def test_an_invitation_that_names_it_is_still_sent_there_and_all_else_is_not(door: Door) -> None:
    request = await _asks(door)
    await _told(door)
    (invitation, *_) = await door.invitations()
    subject = f"{INVITATION}:{invitation.id}"
    await door.database.run(lambda uow: tell(uow, subject, Audience.ADDRESSEE, OLD))
    await door.clicks("ada", "request approve", request=request)
    await door.says(DESK, "/homeroom account unlink web")
    assert await _told(door) == [(Audience.ADDRESSEE, OLD), (Audience.OUTCOME, NEW)]


async def test_whoever_keeps_no_chat_is_told_by_mail(door: Door) -> None:
    request = await _asks(door)
    await _told(door)

    def signs_in(uow: UnitOfWork) -> None:
        person = uow.people.by_account(OLD_ACCOUNT)
        assert person is not None
        details = uow.people.details(person.id)
        uow.people.save_details(person.id, replace(details, email="nora@example.org"))
        uow.accounts.unlink(DESK.account, person.id)
        uow.accounts.link(AccountKey("google", "7"), person.id, uow.now)

    await door.database.run(signs_in)
    await door.says("nora", "/account unlink web")
    await door.clicks("ada", "request approve", request=request)
    found = await door.database.run(deliver_all)
    (to,) = [one.to for one in found if one.audience is Audience.OUTCOME]
    assert to.platform is Platform.EMAIL


async def test_what_was_sent_to_it_is_forgotten(door: Door) -> None:
    """Its id would stay for a month after the person is erased, and what could not be sent be sent again."""
    request = await _asks(door)
    await door.clicks("ada", "request approve", request=request)
    assert await _told(door) == [(Audience.APPLICANT, OLD), (Audience.OUTCOME, OLD)]
    await door.says(DESK, "/homeroom account unlink web")
    assert "'nora'" not in str((await door.tables())["outbox"])
