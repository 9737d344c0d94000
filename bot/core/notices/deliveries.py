"""What the core does before and after the delivery of a notice, by the kind of its subject."""

from collections.abc import Callable, Mapping

from bot.core.following import marks as following_marks
from bot.core.following import ports as following_ports
from bot.core.invitations import invitations, posting, sending
from bot.core.messages import work as broadcast_work
from bot.core.messages.broadcasts import RECIPIENT_KIND
from bot.core.notices import news
from bot.core.notices.notices import Audience, Loss, Notice
from bot.core.people import passwords
from bot.core.ports import UnitOfWork
from bot.core.requests import clock as request_clock
from bot.core.requests import digest_ports, digests, join_requests, mirror_answers, mirror_ports
from bot.core.values import dataclass
from bot.core.workspaces import events as workspace_events


@dataclass(frozen=True, slots=True)
class DeliveryHooks:
    """The functions to call around the delivery of notices about one kind of subject.

    `failed` is called when a notice is given up, and `arrived` when it was delivered. If `secret` says that
    a notice carries a secret link, `mint` makes its token; unless it `stores` something, `mint` only reads.
    A notice that is not `wanted` any more is not sent, and `withheld` is called. `redrawn` says that cards
    may be redrawn later, so that a copy of each is remembered.
    """

    failed: Callable[[UnitOfWork, Notice, Loss], None] = lambda *_: None
    arrived: Callable[[UnitOfWork, Notice], None] = lambda _, __: None
    secret: Callable[[Notice], bool] = lambda _: False
    mint: Callable[[UnitOfWork, Notice], str] = lambda _, __: ""
    wanted: Callable[[UnitOfWork, Notice], bool] = lambda _, __: True
    withheld: Callable[[UnitOfWork, Notice], None] = lambda _, __: None
    redrawn: bool = True
    stores: bool = True


_KINDS: Mapping[str, DeliveryHooks] = {
    invitations.KIND: DeliveryHooks(
        sending.failed,
        sending.arrived,
        secret=sending.has_link,
        mint=sending.mint,
        wanted=sending.wanted,
        withheld=sending.withheld,
    ),
    # A failed password mail needs no handling: the person asks for another one.
    passwords.KIND: DeliveryHooks(secret=lambda _: True, mint=passwords.mint, wanted=passwords.wanted),
    digest_ports.KIND: DeliveryHooks(digests.failed, digests.arrived, withheld=digests.withheld),
    join_requests.KIND: DeliveryHooks(request_clock.unreachable, withheld=request_clock.withheld),
    following_ports.FOLLOWER: DeliveryHooks(following_marks.failed),
    following_ports.MARK: DeliveryHooks(following_marks.failed),
    mirror_ports.MIRRORED: DeliveryHooks(mirror_answers.failed),
    workspace_events.WELCOME: DeliveryHooks(workspace_events.unreached, redrawn=False),
    **{one.value: DeliveryHooks(news.failed, wanted=news.wanted, redrawn=False) for one in news.Topic},
    RECIPIENT_KIND: DeliveryHooks(
        broadcast_work.failed,
        broadcast_work.arrived,
        secret=broadcast_work.by_mail,
        mint=broadcast_work.mint,
        stores=False,
        wanted=broadcast_work.wanted,
        withheld=broadcast_work.withheld,
        redrawn=False,
    ),
}
_POSTED = DeliveryHooks(posting.failed, wanted=posting.wanted)
_NOTHING = DeliveryHooks()


def hooks_for(notice: Notice) -> DeliveryHooks:
    """Return the hooks for a notice; they do nothing if its kind has none, or if it redraws a copy."""
    if notice.copy_id is not None:
        return _NOTHING
    if notice.audience is Audience.POSTED:
        return _POSTED
    return _KINDS.get(notice.subject.partition(":")[0], _NOTHING)
