"""An address that an identity provider changes is where its person's unanswered invitations go."""

from datetime import timedelta

import pytest

from bot.core.invitations import addressed
from bot.core.invitations.addressed import Invitee, Offer
from bot.core.invitations.addressees import Addressee
from bot.core.invitations.invitations import Invitation
from bot.core.notices import destinations
from bot.core.notices.notices import Audience, tell_once
from bot.core.ports import UnitOfWork
from bot.core.schools.settings import SchoolSettings
from bot.core.schools.system import SystemSettings
from bot.core.scim.model import Address
from bot.core.values import replace
from tests.core.door import Door
from tests.core.scim.land import SYSTEM_ADMIN, Land, as_known

OLD, NEW = Address("nia@example.org"), Address("nia.okafor@example.org")


async def _invited(land: Land, *, sent: bool = False) -> tuple[str, str]:
    """Invite a user by e-mail; return the ids of the user and of the invitation."""
    nia = await land.create("nia", first_name="Nia", email=OLD)

    def unit(uow: UnitOfWork) -> Invitation:
        to = Invitee("Nia", OLD.value, person_id=nia.account.person_id)
        made = addressed.create(uow, SYSTEM_ADMIN, to, Offer(((land.one, "Viewer"),)))
        if sent:
            uow.sendings.save_status(made.id, send_at=uow.now, sent_at=uow.now, error="")
        return made

    return nia.account.id, (await land.run(unit)).id


async def _to(land: Land, invitation: str) -> Addressee:
    found = await land.run(lambda uow: uow.invitations.by_id(invitation))
    assert found is not None
    assert found.to is not None
    return found.to


@pytest.mark.parametrize("sent", [False, True])
async def test_an_invitation_follows_it_and_is_sent_again_if_it_was_sent(land: Land, *, sent: bool) -> None:
    user, invitation = await _invited(land, sent=sent)
    await land.change(user, lambda one: replace(as_known(one), email=NEW))
    to = await _to(land, invitation)
    assert (to.email, to.sent_at, to.send_at is not None) == (NEW.value, None, sent)
    done = await land.actions()
    assert done.count("invitation.readdressed") == 1
    assert done.count("invitation.queued") == sent


async def test_without_room_for_a_mail_it_waits_and_its_time_does_not_begin(land: Land, door: Door) -> None:
    await land.run(lambda uow: uow.settings.save(land.one.id, SchoolSettings(longest_days=7)))
    user, invitation = await _invited(land, sent=True)
    before = await land.run(lambda uow: uow.invitations.by_id(invitation))
    await land.run(lambda uow: uow.system.save(SystemSettings(mails_a_day=1)))
    await land.run(lambda uow: tell_once(uow, "x:1", Audience.ADMIN, destinations.mailbox("ada"), "1"))
    door.clock.forward(timedelta(hours=1))
    await land.change(user, lambda one: replace(as_known(one), email=NEW))
    after = await land.run(lambda uow: uow.invitations.by_id(invitation))
    assert before is not None
    assert after is not None
    assert after.state(after.created_at).value == "not sent"
    assert after.expires_at == before.expires_at


async def test_nothing_happens_to_it_if_the_address_stays(land: Land) -> None:
    user, invitation = await _invited(land, sent=True)
    await land.change(user, lambda one: replace(as_known(one), last_name="Okafor"))
    to = await _to(land, invitation)
    assert (to.email, to.sent_at is not None) == (OLD.value, True)


async def test_it_is_not_moved_by_a_district_that_could_not_have_made_it(land: Land) -> None:
    user, invitation = await _invited(land)
    far = await land.run(
        lambda uow: addressed.create(
            uow, SYSTEM_ADMIN, Invitee("Nia", OLD.value), Offer(((land.far, "Viewer"),))
        )
    )
    await land.change(user, lambda one: replace(as_known(one), email=NEW))
    assert (await _to(land, invitation)).email == NEW.value
    assert (await _to(land, far.id)).email == OLD.value
