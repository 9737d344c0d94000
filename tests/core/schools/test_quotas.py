"""A school's limits, the quotas of the system, and how people sign in."""

from datetime import timedelta

import pytest

from bot.core.errors import BadValue, LimitReached
from bot.core.ports import UnitOfWork
from bot.core.schools import quotas
from bot.core.schools.system import SignIn, SystemSettings, read_sign_in
from tests.core.door import Door, heard, maple
from tests.world import caller

ADA = caller("ada", administers=True)
ROOT = caller("root")


async def test_no_more_invitations_a_day_than_the_system_allows(door: Door) -> None:
    await maple(door, invite=None)  # that made one
    await door.says(ROOT, "/system edit invitations_a_day:3")
    for _ in range(2):
        assert not (await door.says(ADA, "/invite create")).refused
    before = await door.tables()
    assert "over the limit for invitations a day, which is 3" in heard(await door.says(ADA, "/invite create"))
    assert await door.tables() == before
    door.clock.forward(timedelta(days=1))
    assert not (await door.says(ADA, "/invite create")).refused


async def test_no_more_members_than_the_system_allows(door: Door) -> None:
    await maple(door)
    code = await door.code()
    await door.says(ROOT, "/system edit members_a_school:3")
    await door.says("nia", f"/join {code}")
    before = await door.tables()
    assert "over the limit for members in this school, which is 3" in heard(
        await door.says("leo", f"/join {code}")
    )
    assert await door.tables() == before  # nor was a use taken
    await door.says(ADA, "/member remove nia")
    assert "Welcome" in heard(await door.says("leo", f"/join {code}"))


async def test_nobody_comes_back_onto_a_full_list(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, "/member archive nia")
    await door.says(ROOT, "/system edit members_a_school:2")
    assert "over the limit for members in this school, which is 2" in heard(
        await door.says(ADA, "/member restore nia")
    )
    await door.says(ROOT, "/system edit members_a_school:3")
    assert not (await door.says(ADA, "/member restore nia")).refused


async def test_nobody_is_approved_or_added_beyond_the_quota(door: Door) -> None:
    await maple(door, "invitation_skips_approval:no", 'approval:"by request"')
    await door.says("nia", f"/join {await door.code()}")
    (request,) = await door.requests()
    await door.says(ROOT, "/system edit members_a_school:2")
    assert "over the limit for members in this school, which is 2" in heard(
        await door.says(ADA, f"/request approve {request.id}")
    )
    line = "/member create email:n@example.org first_name:N last_name:O"
    assert "over the limit for members in this school, which is 2" in heard(await door.says(ADA, line))
    assert (await door.members())["Nia"] == "pending"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/invite create uses:6", "uses must be at most 5: that is the school's limit."),
        ("/invite create expires:8d", "expires must be within 7 days: that is the school's limit."),
        ("/invite create expires:8d", "For example: 7d."),
        ("/invite create uses:5 expires:7d", "0 of 5"),
        ("/invite create", "0 of 5"),
    ],
)
async def test_an_invitation_stays_within_its_schools_limits(door: Door, line: str, said: str) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school limits most_uses:5 longest_days:7")
    assert said in heard(await door.says(ADA, line))
    for one in (await door.invitations())[:-1]:
        assert one.expires_at is not None
        assert one.expires_at - one.created_at <= timedelta(days=7)


async def test_many_invitations_at_once_need_room_for_all(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school limits most_open:10")
    school = await door.school()

    def unit(uow: UnitOfWork) -> None:
        quotas.invitations(uow, school, uses=1, expires_at=None, number=10)
        with pytest.raises(LimitReached):
            quotas.invitations(uow, school, uses=1, expires_at=None, number=11)

    await door.database.read(unit)


async def test_a_batch_needs_room_for_each_of_its_codes(door: Door) -> None:
    await maple(door, invite=None)
    await door.says(ADA, "/school limits most_open:5")
    assert (await door.says(ADA, "/invite batch count:6")).refused
    assert not (await door.says(ADA, "/invite batch count:5")).refused


async def test_settings_of_the_system_are_one_entry_and_go_back(door: Door) -> None:
    entries = len(await door.audited())
    said = heard(await door.says(ROOT, '/system edit sign_in:"Google, discord" mails_a_day:9'))
    assert "Discord, Google" in said
    assert "9" in said
    assert "No limit" in heard(await door.says(ROOT, "/system edit sign_in:none mails_a_day:none"))
    assert (await door.audited())[entries:] == ["system.edited"] * 2
    assert "All that is set up" in heard(await door.says(ROOT, "/system show"))
    assert "there is discord, slack" in heard(await door.says(ROOT, "/system edit sign_in:myspace"))


def test_what_may_be_used_for_signing_in() -> None:
    set_up = ("discord", "google")
    assert SystemSettings().allowed(set_up) == set_up
    assert SystemSettings(sign_in=(SignIn.GOOGLE, SignIn.SLACK)).allowed(set_up) == ("google",)
    assert read_sign_in(" Slack,google,slack ") == (SignIn.SLACK, SignIn.GOOGLE)
    assert read_sign_in("") == ()
    with pytest.raises(BadValue):
        read_sign_in("google slack")
