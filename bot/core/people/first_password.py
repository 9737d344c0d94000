"""The first password of a person who was invited by e-mail, chosen through the link in that e-mail.

Choosing it makes nobody a member: the invitation is accepted afterwards, as a separate step.
"""

from bot.core.email_addresses import email_key
from bot.core.ids import hash_of
from bot.core.invitations import answering
from bot.core.people import merging, passwords
from bot.core.people.passwords import Invited, SignedIn
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor, Caller, Platform
from bot.core.values import replace


def look(uow: UnitOfWork, token: str) -> Invited | None:
    """Return the person who may choose their first password by the token of an e-mail's link, or None.

    The invitation's own token is not accepted, since the inviter may know it. None is also returned for a
    person who has any account, who has another address on record, or whose address is another person's: they
    must sign in, or ask for a link of their own.
    """
    invitation_id = uow.sendings.invitation_of_link(hash_of(token))
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
    return Invited(person, to.email) if answering.may_answer(uow, whoever_proves_it, invitation) else None


def choose(uow: UnitOfWork, token: str, slow_hash: str) -> SignedIn | None:
    """Set a first password by the token of an e-mail's link, and store the address as the person's own.

    Return None if the token gives nobody the right to, or if the address has been taken.
    """
    seen = look(uow, token)
    if seen is None:
        return None
    merging.lock_persons(uow, seen.person.id)
    found = look(uow, token)
    if found is None or found.person.id != seen.person.id:
        return None  # it was used while this unit waited for the lock
    details = uow.people.details(found.person.id)
    if not uow.people.save_details(found.person.id, replace(details, email=found.address)):
        return None
    return passwords.store(uow, found, slow_hash)
