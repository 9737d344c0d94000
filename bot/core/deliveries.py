"""What a delivery changes in the core, by the kind of thing that was delivered."""

from collections.abc import Callable, Mapping

from bot.core import (
    broadcast_work,
    comings,
    digests,
    following_marks,
    following_ports,
    mirror_answers,
    mirror_ports,
    passwords,
    request_clock,
    sending,
)
from bot.core.broadcasts import TO_ONE
from bot.core.notices import Loss, Notice
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """What happens to one kind of subject around its delivery.

    `mint` makes a secret that only this message carries, where `secret` says that it carries one;
    `failed` is told why the message was given up. One that is not `wanted` any more is `withheld`.
    Where cards are not `changed` later, no copy is remembered; `mint` only reads where it `stores` nothing.
    """

    secret: Callable[[Notice], bool]
    mint: Callable[[UnitOfWork, Notice], str]
    arrived: Callable[[UnitOfWork, Notice], None]
    failed: Callable[[UnitOfWork, Notice, Loss], None]
    wanted: Callable[[UnitOfWork, Notice], bool] = lambda _, __: True
    withheld: Callable[[UnitOfWork, Notice], None] = lambda _, __: None
    changed: bool = True
    stores: bool = True


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
    mirror_ports.MIRRORED: Delivered(_never, _nothing, _nobody, mirror_answers.failed),
    comings.WELCOME: Delivered(_never, _nothing, _nobody, comings.unreached, changed=False),
    TO_ONE: Delivered(
        broadcast_work.by_mail,
        broadcast_work.mint,
        broadcast_work.arrived,
        broadcast_work.failed,
        wanted=broadcast_work.wanted,
        withheld=broadcast_work.withheld,
        changed=False,
        stores=False,
    ),
}


def of(notice: Notice) -> Delivered | None:
    """Find what a notice's delivery changes; None where nothing does."""
    return _KINDS.get(notice.subject.partition(":")[0]) if notice.copy_id is None else None
