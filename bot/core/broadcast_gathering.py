"""Whom a message to many is for, stored when it begins: at once where they are few, else by the worker.

Who they are is looked up where nobody waits for it, and stored in chunks: after a crash the rest follows. It
goes out when all are stored. Who proved to be somebody else in the meantime is stored as that one, and once.
"""

from collections.abc import Iterator, Sequence

from bot.core import broadcast_drafts as drafts
from bot.core import broadcast_work, people_filter
from bot.core.actors import Actor
from bot.core.broadcast_drafts import AudienceSnapshot
from bot.core.broadcasts import Broadcast
from bot.core.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.schools import School
from bot.core.values import replace

# So many are stored as it begins. So many one unit stores: others who write wait no longer than that takes.
FEW = CHUNK = 500
# So many are looked up at once.
LOOK = 100_000


def look(uow: UnitOfWork, actor: Actor, school: School, of: Broadcast) -> AudienceSnapshot:
    """See whom a message would reach now, and who they are where they are few."""
    wanted = drafts.meant(drafts.wanted_of(of, school))
    seen = drafts.look(uow, actor, school, wanted, of)
    return replace(seen, people=few(uow.recipients.meant(wanted, after="", limit=FEW + 1)))


def few(people: Sequence[str]) -> Sequence[str] | None:
    """Name them all where they are few."""
    return people if len(people) <= FEW else None


def begin(
    uow: UnitOfWork, of: Broadcast, people: Sequence[str] | None, expected: int, mails: int
) -> Broadcast:
    """Begin to store whom a message is for; where they are few, all of them are stored."""
    if people is None:
        return replace(of, gathered_to="", expected=expected, expected_mails=mails)
    _store(uow, of, people)
    return _whole(of)


def _store(uow: UnitOfWork, of: Broadcast, people: Sequence[str]) -> None:
    if of.round > 1:
        uow.recipients.again(of.id, people)
    else:
        uow.recipients.fill(of.id, people, of.by)


def _whole(of: Broadcast) -> Broadcast:
    """Let a message go out; what was searched for, which may be a name, is not kept."""
    return replace(of, gathered_to=None, wanted=replace(_wanted(of), text="").pack())


def _wanted(of: Broadcast) -> PeopleFilter:
    """Read whom a message under way means: those that were meant when it was begun."""
    wanted = people_filter.unpack(of.wanted, of.school_id, of.district_id)
    assert wanted is not None  # noqa: S101 - so it was packed
    return wanted


def following(uow: UnitOfWork, broadcast_id: str) -> tuple[str, Sequence[str]] | None:
    """Look up who is to be stored next, and after whom; None where all are, or it goes out no more."""
    of = uow.broadcasts.by_id(broadcast_id)
    if of is None or of.gathered_to is None or not of.gathering:
        return None
    wanted, after = _wanted(of), of.gathered_to
    if of.round > 1:
        return after, uow.recipients.missed(of.id, wanted, after=after, limit=LOOK)
    return after, uow.recipients.meant(wanted, after=after, limit=LOOK)


def chunks(people: Sequence[str]) -> Iterator[Sequence[str]]:
    """Divide those who are to be stored; where nobody is left, that is a chunk, too."""
    for start in range(0, len(people) or 1, CHUNK):
        yield people[start : start + CHUNK]


def go_on(uow: UnitOfWork, broadcast_id: str, after: str, people: Sequence[str]) -> bool:
    """Store those whom a message is for after somebody; it is whole where nobody is left.

    False if somebody was faster, or it goes out no more.
    """
    held = broadcast_work.hold(uow, broadcast_id)
    if held is None or not held.gathering or held.gathered_to != after:
        return False
    _store(uow, held, people)
    further = replace(held, gathered_to=people[-1]) if people else _whole(held)
    return uow.broadcasts.save(further, expected=held.state)
