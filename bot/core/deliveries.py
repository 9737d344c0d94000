"""What a delivery changes in the core, by the kind of thing that was delivered."""

from collections.abc import Callable, Mapping

from bot.core import (
    broadcast_work,
    digest_ports,
    digests,
    following_marks,
    following_ports,
    invitations,
    join_requests,
    mirror_answers,
    mirror_ports,
    news,
    passwords,
    request_clock,
    sending,
    workspace_events,
)
from bot.core.broadcasts import TO_ONE
from bot.core.notices import Loss, Notice
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass


@dataclass(frozen=True, slots=True)
class DeliveryHooks:
    """What happens to one kind of subject around its delivery.

    `failed` is told why the message was given up. `mint` makes a secret that only this message carries, where
    `secret` says that it carries one; it only reads where it `stores` nothing. What is not `wanted` any more
    is `withheld`. Where cards are not `changed` later, no copy is remembered.
    """

    failed: Callable[[UnitOfWork, Notice, Loss], None]
    arrived: Callable[[UnitOfWork, Notice], None] = lambda _, __: None
    secret: Callable[[Notice], bool] = lambda _: False
    mint: Callable[[UnitOfWork, Notice], str] = lambda _, __: ""
    wanted: Callable[[UnitOfWork, Notice], bool] = lambda _, __: True
    withheld: Callable[[UnitOfWork, Notice], None] = lambda _, __: None
    changed: bool = True
    stores: bool = True


_KINDS: Mapping[str, DeliveryHooks] = {
    invitations.KIND: DeliveryHooks(
        sending.failed,
        sending.arrived,
        sending.has_link,
        sending.mint,
        sending.wanted,
        sending.withheld,
    ),
    # Whoever waits for the mail of a password asks again.
    passwords.KIND: DeliveryHooks(
        lambda *_: None, secret=lambda _: True, mint=passwords.mint, wanted=passwords.wanted
    ),
    digest_ports.KIND: DeliveryHooks(digests.failed, digests.arrived, withheld=digests.withheld),
    join_requests.KIND: DeliveryHooks(request_clock.unreachable, withheld=request_clock.withheld),
    following_ports.FOLLOWED: DeliveryHooks(following_marks.failed),
    following_ports.MARK: DeliveryHooks(following_marks.failed),
    mirror_ports.MIRRORED: DeliveryHooks(mirror_answers.failed),
    workspace_events.WELCOME: DeliveryHooks(workspace_events.unreached, changed=False),
    **{one.value: DeliveryHooks(news.failed, wanted=news.wanted, changed=False) for one in news.Topic},
    TO_ONE: DeliveryHooks(
        broadcast_work.failed,
        broadcast_work.arrived,
        broadcast_work.by_mail,
        broadcast_work.mint,
        broadcast_work.wanted,
        broadcast_work.withheld,
        changed=False,
        stores=False,
    ),
}


def of(notice: Notice) -> DeliveryHooks | None:
    """Find what a notice's delivery changes; None where nothing does."""
    return _KINDS.get(notice.subject.partition(":")[0]) if notice.copy_id is None else None
