"""What the page of an invitation link shows, read from the database."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias

from bot.chat.runner import Runner
from bot.core.ids import grouped
from bot.core.invitations import answering, link_views
from bot.core.invitations.link_views import AlreadyKnown, Ended, Open, Unanswered
from bot.core.ports import UnitOfWork
from bot.core.values import dataclass
from bot.platforms.web.own_page import actor_of
from bot.platforms.web.sign_in.session import Visitor


@dataclass(frozen=True, slots=True)
class GivenRole:
    """The role that an invitation gives in one school."""

    school: str
    role: str


@dataclass(frozen=True, slots=True)
class InvitationView:
    """What the page shows of an invitation that can be answered.

    `link` is empty if there is no public address. An `addressed` invitation shows no code, unless its link is
    passed on by hand, and to anybody but its addressee (`theirs`) only a `masked` address, or the platform
    (`issuer`) of the account that it is for. `known` says that the addressee is known by other accounts than
    the visitor's, `late` that one can only ask to join by it any more.
    """

    given: tuple[GivenRole, ...]
    inviter: str
    note: str
    code: str
    expires_at: datetime | None
    needs_approval: bool
    link: str
    contact: str = ""
    masked: str = ""
    issuer: str = ""
    addressed: bool = False
    theirs: bool = True
    known: bool = False
    late: bool = False


LinkContent: TypeAlias = InvitationView | Ended | AlreadyKnown | Unanswered | None
LookUp: TypeAlias = Callable[[str, Visitor | None], Awaitable[LinkContent]]


def link_lookup(runner: Runner) -> LookUp:
    """Return a function that looks up a link for a visitor; it returns None for links that do not work."""

    async def look_up(token: str, visitor: Visitor | None) -> LinkContent:
        def unit(uow: UnitOfWork) -> LinkContent:
            seen = link_views.look(uow, token, actor_of(uow, visitor) if visitor else None)
            match seen:
                case Open():
                    return _view(seen, runner.links.invitation(token) or "")
                case Ended() | AlreadyKnown() | Unanswered() | None:
                    return seen

        return await runner.database.read(unit)

    return look_up


def _view(seen: Open, link: str) -> InvitationView:
    """Return what to show; of an invitation for somebody else, only what its link gives away anyway."""
    invitation, to = seen.invitation, seen.invitation.to
    for_holder = to is None or to.by_hand
    return InvitationView(
        given=tuple(GivenRole(school.name, role) for school, role in seen.given),
        inviter=seen.inviter,
        note=invitation.note if seen.theirs or for_holder else "",
        code=grouped(invitation.code) if for_holder else "",
        expires_at=None if seen.late else invitation.expires_at,
        needs_approval=seen.waits,
        link=link if for_holder else "",
        contact=seen.home.support_contact,
        masked=answering.masked(to.email) if to else "",
        issuer=to.account.issuer if to and to.account else "",
        addressed=to is not None,
        theirs=seen.theirs,
        known=seen.known,
        late=seen.late,
    )
