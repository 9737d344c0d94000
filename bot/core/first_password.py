"""The first password of somebody who is invited by mail: the mail's own link lets them choose it.

That makes nobody anything: the invitation is accepted afterwards, as a step of its own.
"""

from bot.core import answering, merging, passwords
from bot.core.actors import Actor, Caller, Platform
from bot.core.ids import hash_of
from bot.core.passwords import Invited, SignedIn
from bot.core.people import email_key
from bot.core.ports import UnitOfWork
from bot.core.values import replace


def look(uow: UnitOfWork, token: str) -> Invited | None:
    """Find who may choose their first password by a mail's link; None for everybody else.

    The invitation's own link does not do: its inviter may know it. Whoever can sign in already, by
    whichever account, does so; whose address it is already is mailed a link of their own.
    """
    invitation_id = uow.sendings.led_to(hash_of(token))
    invitation = uow.invitations.by_id(invitation_id) if invitation_id else None
    to = invitation.to if invitation and invitation.state(uow.now).alive else None
    person = uow.accounts.current(to.person_id) if to else None
    if invitation is None or to is None or person is None or not to.email:
        return None
    owner, known = uow.people.by_email(to.email), uow.people.details(person.id).email
    anothers = owner is not None and owner.id != person.id
    other_than_known = known != "" and email_key(known) != email_key(to.email)
    if anothers or other_than_known or uow.people.accounts([person.id]):
        return None
    proving = Caller(passwords.account(person.id), person.name, Platform.WEB, verified_email=to.email)
    whoever_proves_it = Actor(proving, None)
    return Invited(person, to.email) if answering.is_theirs(uow, whoever_proves_it, invitation) else None


def choose(uow: UnitOfWork, token: str, slow_hash: str) -> SignedIn | None:
    """Set a first password by a mail's link; the address that it went to is theirs from then on."""
    seen = look(uow, token)
    if seen is None:
        return None
    merging.hold(uow, seen.person.id)
    found = look(uow, token)
    if found is None or found.person.id != seen.person.id:
        return None  # somebody was faster
    details = uow.people.details(found.person.id)
    if not uow.people.save_details(found.person.id, replace(details, email=found.address)):
        return None
    return passwords.store(uow, found, slow_hash)
