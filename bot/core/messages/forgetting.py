"""Messages that wait and search for somebody who is erased, by their name or address."""

from bot.core.email_addresses import email_key
from bot.core.name_matching import fold_name
from bot.core.notices.notices import redraw_copies
from bot.core.people import people_filter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Person


def drop_searches_for(uow: UnitOfWork, person: Person) -> None:
    """Cancel the drafts and scheduled broadcasts that search for a person and would reach nobody else.

    Their search is a trace of the person, and without it they would go to everyone.
    """
    details = uow.people.details(person.id)
    names, address = fold_name(f"{person.name} {details.full_name}"), email_key(details.email)
    for one in uow.broadcasts.unsent():
        wanted = people_filter.unpack(one.wanted, one.school_id, one.district_id)
        words = wanted.words if wanted else ()
        if wanted is None or not words or not all(_said(word, names, address) for word in words):
            continue
        others = set(uow.recipients.selected(wanted, after="", limit=2)) - {person.id}
        if not others and uow.broadcasts.save(one.cancelled(uow.now), expected=one.state):
            redraw_copies(uow, one.subject)


def _said(word: str, names: str, address: str) -> bool:
    return fold_name(word) in names or word in address
