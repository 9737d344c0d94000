"""Storing the recipients of a broadcast when it starts: at once if they are few, else by the worker.

The worker looks them up before its transaction and stores them in chunks, so a crash loses nothing. The
broadcast is delivered once all recipients are stored. Two people merged in the meantime are stored as one.
"""

from collections.abc import Iterator, Sequence

from bot.core.messages import drafts
from bot.core.messages import work as broadcast_work
from bot.core.messages.broadcasts import Broadcast
from bot.core.messages.drafts import AudienceSnapshot
from bot.core.people import people_filter
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Actor
from bot.core.schools.schools import School
from bot.core.values import replace

# Up to FEW recipients are stored as a broadcast starts. CHUNK is how many one unit of work stores: other
# writers wait no longer than that takes.
FEW = CHUNK = 500
# How many recipients one query looks up.
LOOKUP_LIMIT = 100_000


def audience(uow: UnitOfWork, actor: Actor, school: School, broadcast: Broadcast) -> AudienceSnapshot:
    """Return the audience that a broadcast would have now; with everyone's ids if they are few."""
    wanted = drafts.filter_of(broadcast, school)
    seen = drafts.audience(uow, actor, school, wanted, broadcast)
    return replace(seen, people=if_few(uow.recipients.selected(wanted, after="", limit=FEW + 1)))


def if_few(people: Sequence[str]) -> Sequence[str] | None:
    """Return the people if they are few enough to be stored at once, else None."""
    return people if len(people) <= FEW else None


def begin(
    uow: UnitOfWork, broadcast: Broadcast, people: Sequence[str] | None, expected: int, mails: int
) -> Broadcast:
    """Return a starting broadcast with its recipients stored, or, if `people` is None, yet to be stored."""
    if people is None:
        return replace(broadcast, gathered_to="", expected=expected, expected_mails=mails)
    _store(uow, broadcast, people)
    return _complete(broadcast)


def _store(uow: UnitOfWork, broadcast: Broadcast, people: Sequence[str]) -> None:
    if broadcast.round > 1:
        uow.recipients.requeue(broadcast.id, people)
    else:
        uow.recipients.add(broadcast.id, people, broadcast.by)


def _complete(broadcast: Broadcast) -> Broadcast:
    """Return a broadcast as ready for delivery; the search text of its filter, perhaps a name, is dropped."""
    return replace(broadcast, gathered_to=None, wanted=replace(_stored_filter(broadcast), text="").pack())


def _stored_filter(broadcast: Broadcast) -> PeopleFilter:
    """Return the filter of a broadcast under way, for the district that it was started in."""
    wanted = people_filter.unpack(broadcast.wanted, broadcast.school_id, broadcast.district_id)
    assert wanted is not None  # noqa: S101 - it was packed by `PeopleFilter.pack`
    return wanted


def next_recipients(uow: UnitOfWork, broadcast_id: str) -> tuple[str, Sequence[str]] | None:
    """Return the id after which to go on, and the next people to store as recipients.

    None if all are stored, or if the broadcast is no longer under way.
    """
    broadcast = uow.broadcasts.by_id(broadcast_id)
    if broadcast is None or broadcast.gathered_to is None or not broadcast.gathering:
        return None
    wanted, after = _stored_filter(broadcast), broadcast.gathered_to
    if broadcast.round > 1:
        return after, uow.recipients.not_reached(broadcast.id, wanted, after=after, limit=LOOKUP_LIMIT)
    return after, uow.recipients.selected(wanted, after=after, limit=LOOKUP_LIMIT)


def chunks(people: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield people in chunks; if there are none, one empty chunk, with which `go_on` ends the storing."""
    for start in range(0, len(people) or 1, CHUNK):
        yield people[start : start + CHUNK]


def go_on(uow: UnitOfWork, broadcast_id: str, after: str, people: Sequence[str]) -> bool:
    """Store the recipients that follow the id `after`; with none left, the broadcast is ready for delivery.

    Returns False if another replica was faster, or if the broadcast is no longer under way.
    """
    held = broadcast_work.hold(uow, broadcast_id)
    if held is None or not held.gathering or held.gathered_to != after:
        return False
    _store(uow, held, people)
    further = replace(held, gathered_to=people[-1]) if people else _complete(held)
    return uow.broadcasts.save(further, expected=held.state)
