"""Addresses that an identity provider changes, which people's unanswered invitations by e-mail follow."""

from contextlib import suppress

from bot.core.errors import Refusal
from bot.core.invitations import addressed, sending
from bot.core.people import corrections
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.stored import stored_school


def schools(uow: UnitOfWork, person_id: str) -> set[str]:
    """Return the schools that manage a person's unanswered invitations, to be locked before the person."""
    return {one.school_id for one in uow.addressed.mailed_to(person_id, "")}


def follow(uow: UnitOfWork, actor: Actor, person_id: str, before: str, after: str) -> None:
    """Give a person's unanswered invitations by e-mail their new address.

    Those that were sent are sent again, since their links no longer work and nobody sees that they wait. If
    today's quota of mails is used up, an admin can send them.
    """
    for one in corrections.follow(uow, actor, person_id, before, after):
        was_sent = one.to is not None and one.to.sent_at is not None
        if was_sent:
            with suppress(Refusal):
                sending.require_room(uow, one)
                addressed.send(uow, actor, one, stored_school(uow, one.school_id))
