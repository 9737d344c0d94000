"""Inviting people whom an import has added, a few in each unit of work."""

from contextlib import suppress

from bot.core.errors import Refusal
from bot.core.invitations import addressed
from bot.core.invitations.addressed import Invitee, Offer
from bot.core.invitations.invitations import Invitation
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.rosters.imports import ImportState, RosterImport, Sent, Step, StepKind
from bot.core.stored import stored_school
from bot.core.values import replace

# How many steps one unit of work invites for: other writers wait as long as that takes.
CHUNK = 25


def chunk(uow: UnitOfWork, actor: Actor, roster: RosterImport) -> bool:
    """Invite the next few people; tell whether all have been invited."""
    todo = uow.roster_steps.uninvited(roster.id, CHUNK)
    for person_id in dict.fromkeys(one.person_id for one in todo):
        _invite(uow, actor, roster, person_id)
    if uow.roster_steps.uninvited(roster.id, 1):
        return False
    uow.rosters.save(replace(roster, state=ImportState.DONE), expected=ImportState.INVITING)
    return True


def _invite(uow: UnitOfWork, actor: Actor, roster: RosterImport, person_id: str) -> None:
    """Invite a person to all schools that the roster names for them."""
    steps = [one for one in uow.roster_steps.of_person(roster.id, person_id) if one.sent is Sent.WANTED]
    sent, now, invitation = Sent.REFUSED, person_id, ""
    # If today's quota of mails is used up, the invitation remains, as one that was not sent.
    with suppress(Refusal):
        made = _made(uow, actor, steps)
        now, invitation = made.to.person_id if made.to else person_id, made.id
        addressed.send(uow, actor, made, stored_school(uow, steps[0].school_id))
        sent = Sent.SENT
    uow.roster_steps.record_invited(roster.id, person_id, sent, now=now, invitation=invitation)


def _made(uow: UnitOfWork, actor: Actor, steps: list[Step]) -> Invitation:
    given = [(stored_school(uow, one.school_id), role) for one in steps for role in one.roles]
    said, strangers = steps[0].said, steps[0].kind is StepKind.INVITE
    to = Invitee(
        f"{said.first_name} {said.last_name}",
        said.email,
        person_id=None if strangers else steps[0].person_id,
    )
    return addressed.create(uow, actor, to, Offer(tuple(given)))
