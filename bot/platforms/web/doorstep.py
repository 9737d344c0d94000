"""What the page of a link shows, read from the database."""

from bot.chat.runner import Runner
from bot.core import doorstep, redeeming
from bot.core.ids import grouped
from bot.core.ports import UnitOfWork
from bot.platforms.web.invitation import Arrived, InvitationView, LookUp
from bot.platforms.web.own import actor_of
from bot.platforms.web.sign_in.session import Visitor


def looking(runner: Runner) -> LookUp:
    """Make the look-up of links."""

    async def look_up(token: str, visitor: Visitor | None) -> InvitationView | Arrived | None:
        def unit(uow: UnitOfWork) -> InvitationView | Arrived | None:
            actor = actor_of(uow, visitor) if visitor else None
            seen = doorstep.look(uow, token, actor)
            if seen is None:
                return None
            if seen.known is not None:
                schools = doorstep.own_schools(uow, seen.known.person_id)
                here = next(one for one in schools if one.school.id == seen.school.id)
                return Arrived(here, schools)
            invitation = seen.invitation
            return InvitationView(
                school=seen.school.name,
                inviter=seen.inviter.name if seen.inviter else "",
                note=invitation.note,
                role=invitation.role_for(seen.school),
                code=grouped(invitation.code),
                expires_at=invitation.expires_at,
                needs_approval=redeeming.needs_approval(seen.school),
                link=runner.links.invitation(token) or "",
                contact=seen.school.support_contact,
            )

        return await runner.database.read(unit)

    return look_up
