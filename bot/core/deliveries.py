"""What a delivery changes in the core, by the kind of thing that was delivered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.core import digests, following_marks, following_ports, passwords, request_clock, sending
from bot.core.notices import Loss, Notice
from bot.core.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Delivered:
    """What happens to one kind of subject around its delivery.

    `mint` makes a secret that only this message carries, where `secret` says that it carries one;
    `failed` is told why the message was given up.
    """

    secret: Callable[[Notice], bool]
    mint: Callable[[UnitOfWork, Notice], str]
    arrived: Callable[[UnitOfWork, Notice], None]
    failed: Callable[[UnitOfWork, Notice, Loss], None]


def _never(_: Notice) -> bool:
    return False


def _always(_: Notice) -> bool:
    return True


def _nothing(_: UnitOfWork, __: Notice) -> str:
    return ""


def _nobody(_: UnitOfWork, __: Notice) -> None:
    """Change nothing."""


def _not_sent(_: UnitOfWork, __: Notice, ___: Loss) -> None:
    """Change nothing: whoever waits for a mail asks again."""


_KINDS: Mapping[str, Delivered] = {
    "invitation": Delivered(sending.has_link, sending.mint, sending.arrived, sending.failed),
    passwords.KIND: Delivered(_always, passwords.mint, _nobody, _not_sent),
    "digest": Delivered(_never, _nothing, digests.arrived, digests.failed),
    "join_request": Delivered(_never, _nothing, _nobody, request_clock.unreachable),
    following_ports.FOLLOWED: Delivered(_never, _nothing, _nobody, following_marks.failed),
    following_ports.MARK: Delivered(_never, _nothing, _nobody, following_marks.failed),
}


def of(notice: Notice) -> Delivered | None:
    """Find what a notice's delivery changes; None where nothing does."""
    return _KINDS.get(notice.subject.partition(":")[0]) if notice.copy_id is None else None
