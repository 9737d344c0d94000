"""We were taken out of a workspace: its links rest until somebody there links each school again."""

from bot.core import audit, reaching
from bot.core.actors import WorkspaceKey
from bot.core.notices import Audience, Destination, tell_again
from bot.core.permissions import Permission
from bot.core.ports import UnitOfWork

KIND = "lost_link"
MOST_TOLD = 10


def removed(uow: UnitOfWork, workspace: WorkspaceKey) -> None:
    """Let the links of a workspace rest, once, and tell the admins of its schools wherever they are.

    Coming back binds nothing by itself: whoever takes us in may be somebody else by then.
    """
    new: dict[str, object] = {"workspace": f"{workspace.platform}:{workspace.external_id}"}
    for school_id in uow.schools.suspend_links(workspace, uow.now):
        subject = f"{KIND}:{school_id}/{workspace.platform}/{workspace.external_id}"
        for place in _places(uow, school_id):
            tell_again(uow, subject, Audience.ADMIN, place)
        audit.record_own(
            uow,
            "school.link_suspended",
            f"school:{school_id}",
            front=workspace.platform.value,
            school_id=school_id,
            new=new,
        )


def _places(uow: UnitOfWork, school_id: str) -> list[Destination]:
    """List the approvals channels that are left, and the admins: by mail too, as their chats may be gone."""
    admins = uow.members.able(school_id, Permission.SCHOOL_LINK, MOST_TOLD)
    mails = [reaching.mailbox(one.id) for one in admins if uow.people.details(one.id).email]
    found = [*reaching.channels(uow, school_id), *reaching.places(uow, [one.id for one in admins]), *mails]
    return list(dict.fromkeys(found))
