"""What happens when a person gives up an account: nothing meant for them is sent to it any more."""

from bot.core.invitations import invitations
from bot.core.messages import work as broadcast_work
from bot.core.notices import destinations
from bot.core.notices.notices import Audience
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey


def give_up(uow: UnitOfWork, person_id: str, account: AccountKey) -> None:
    """Redirect what is queued for a person at a former account to another of theirs; redraw no cards there.

    What was sent there is forgotten: the account is the person's no more, and would outlive their erasure.
    Invitations to the account stay, since they are for the account, whoever has it.
    """
    other = _other(uow, person_id)
    for request in uow.holdings.pending_requests(person_id):
        if request.account == account:
            uow.join_requests.move_to_account(request.id, other)
            destinations.tell_account(uow, request.subject, Audience.APPLICANT, other)
    if (there := destinations.chat(account)) is None:
        return
    for notice in uow.outbox.waiting_at(there):
        if notice.subject.startswith(f"{invitations.KIND}:"):
            continue
        uow.outbox.drop(notice.subject, notice.audience, there)
        if notice.audience in {Audience.OUTCOME, Audience.CONCERNED}:
            destinations.tell_account(uow, notice.subject, notice.audience, other)
        elif notice.audience is Audience.RECIPIENT:
            broadcast_work.withheld(uow, notice)
    uow.card_copies.forget(there)
    uow.outbox.forget(there)


def _other(uow: UnitOfWork, person_id: str) -> AccountKey:
    """Return another account of a person, preferably one whose chat can be written to."""
    left = [key for _, key in uow.people.accounts([person_id])]
    return next((key for key in left if destinations.chat(key)), left[0])
