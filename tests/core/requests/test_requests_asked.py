"""What a request stores about how it was made, and what its card shows of that."""

import pytest

from bot.core.invitations import invitations
from bot.core.ports import UnitOfWork
from bot.core.requests import views as request_views
from bot.core.requests.mirror_ports import MirroredRequest, PlatformRequestState
from bot.core.rights.actors import Actor, Caller, Platform, WorkspaceKey
from bot.core.values import replace
from bot.core.workspaces import events as workspace_events
from tests.core.door import Door, maple
from tests.core.invited import ADA
from tests.world import caller

SERVER = WorkspaceKey(Platform.DISCORD, "42")
HERE = WorkspaceKey(Platform.WEB, "playground")
NORA = caller("nora", platform=Platform.DISCORD, workspace="42")
BY_REQUEST = 'approval:"by request"'


@pytest.mark.parametrize(
    ("who", "where"),
    [
        (NORA, "42"),
        (replace(caller("nora"), workspace=SERVER), None),
        (caller("nora", workspace=None), None),
    ],
    ids=["an account of the place", "an account of elsewhere", "nowhere"],
)
async def test_the_workspace_of_a_request_is_kept_if_the_account_is_of_its_platform(
    door: Door, who: Caller, where: str | None
) -> None:
    await maple(door, BY_REQUEST)
    await door.says(who, f"/join {await door.code()}")
    (request,) = await door.requests()
    assert (request.asked_in, request.late) == (where, "")


async def test_how_a_request_stands_on_its_platform_is_what_was_seen_there_last(door: Door) -> None:
    await maple(door, BY_REQUEST)
    await door.says(NORA, f"/join {await door.code()}")
    (request,) = await door.requests()

    def seen(uow: UnitOfWork, *fates: PlatformRequestState) -> PlatformRequestState | None:
        for fate in fates:
            uow.mirrors.save_request(MirroredRequest(HERE, fate.value, request.id, fate, uow.now))
        return request_views.view(uow, request).on_platform

    assert await door.database.run(seen) is None
    assert (
        await door.database.run(
            lambda uow: seen(uow, PlatformRequestState.GONE, PlatformRequestState.WAITING)
        )
        is PlatformRequestState.WAITING
    )


async def test_a_request_without_a_code_is_not_late_and_shows_a_ban(door: Door) -> None:
    await maple(door, BY_REQUEST, "access:public")
    for name in ("nora", "leo"):
        await door.says(name, '/join school:"Maple Grove"')
    account = caller("leo").account
    await door.database.run(lambda uow: workspace_events.banned(uow, HERE, account))
    requests = await door.requests()
    views = await door.database.read(lambda uow: [request_views.view(uow, one) for one in requests])
    assert [(one.applicant, one.request.late, one.banned) for one in views] == [
        ("Nora", "", False),
        ("Leo", "", True),
    ]


async def test_an_invitation_of_which_nothing_is_said_bears_no_words(door: Door) -> None:
    await maple(door, invite=None)
    school = await door.school()

    def unit(uow: UnitOfWork) -> tuple[str, str]:
        made = invitations.create(uow, Actor(ADA, uow.people.by_account(ADA.account)), school)
        return made.note, made.label

    assert await door.database.run(unit) == ("", "")
