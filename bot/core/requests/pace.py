"""How often somebody may ask a school: each request is told to all who decide there, and may be withdrawn."""

from datetime import timedelta

from bot.core.invitations import guessing
from bot.core.invitations.guessing import Limit
from bot.core.joining_errors import AskedTooOften
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey
from bot.core.schools.schools import School

MOST = Limit(5, timedelta(minutes=15))


def count(uow: UnitOfWork, account: AccountKey, school: School) -> None:
    """Count a request of an account to a school; raise `AskedTooOften` if it has made too many lately.

    Accounts are counted, and not persons: whoever erases themselves comes back as a stranger.
    """
    whose = f"requests of {account} to {school.id}"
    until = guessing.waits_until(uow, {whose: MOST})
    if until is not None:
        raise AskedTooOften(school, until)
    uow.misses.add(whose, 1)
