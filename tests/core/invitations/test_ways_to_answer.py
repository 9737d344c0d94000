"""An invitation by e-mail is made only if it can be answered, and sent only if mails are set up."""

import pytest

from bot.chat.replies import Reply
from bot.core.people.passwords import SignInWays
from bot.core.values import replace
from bot.platforms.web.playground.uploads import HeldFile
from tests.core.door import Door, actions_in, heard, maple
from tests.core.invited import ADA

INVITE = "/invite person to:nia@example.org name:Nia"
ADD = "/member create email:nia@example.org first_name:Nia last_name:Okafor invite:now"


def _with(door: Door, ways: SignInWays) -> Door:
    return replace(door, runner=replace(door.runner, ways=ways))


@pytest.mark.parametrize("line", [INVITE, ADD])
async def test_nobody_is_invited_by_mail_who_could_not_answer(door: Door, line: str) -> None:
    await maple(door, invite=None)
    silent = _with(door, SignInWays(mails=True))
    before = await door.known()
    told = await silent.says(ADA, line)
    assert told.refused
    assert "Nobody could answer an invitation by e-mail here" in heard(told)
    assert await door.known() == before
    assert heard(await silent.says(ADA, "/invite person to:nia")).startswith("Preview")


@pytest.mark.parametrize(
    "ways", [SignInWays(passwords=True), SignInWays(providers=("google",)), SignInWays(in_chat=True)]
)
async def test_every_way_to_show_whose_address_it_is_will_do(door: Door, ways: SignInWays) -> None:
    await maple(door, invite=None)
    assert heard(await _with(door, ways).says(ADA, INVITE)).startswith("Preview")


async def test_a_way_that_the_system_forbids_is_none(door: Door) -> None:
    await maple(door, invite=None)
    assert not (await door.says("root", "/system edit sign_in:microsoft")).refused
    assert "Nobody could answer" in heard(await door.says(ADA, INVITE))


async def test_without_mail_the_preview_says_what_to_do(door: Door) -> None:
    await maple(door, invite=None)
    shown = await _with(door, SignInWays(providers=("google",))).says(ADA, INVITE)
    assert "This installation sends no e-mail. Give them the link or code yourself" in heard(shown)
    assert set(actions_in(shown)) == {"Details", "Clear"}


async def test_nobody_is_invited_by_a_plan_who_could_not_answer(door: Door) -> None:
    await maple(door, invite=None)
    silent = _with(door, SignInWays(mails=True))
    await door.says(ADA, "/member create email:nia@example.org first_name:Nia last_name:Okafor")
    for act in ("invite", "invite later"):
        told = await silent.says(ADA, f'/bulk plan act:"{act}"')
        assert told.refused
        assert "Nobody could answer an invitation by e-mail here" in heard(told)
    assert not (await door.says(ADA, '/member edit person:"Nia Okafor" email:none')).refused
    assert "Invite 1 person" in heard(await silent.says(ADA, "/bulk plan act:invite"))


async def test_nobody_is_invited_by_a_roster_who_could_not_answer(door: Door) -> None:
    await maple(door, invite=None)
    silent = _with(door, SignInWays(mails=True))
    text = b"email,first name,last name\nnia@example.org,Nia,Okafor\n"

    async def imports(**told: str) -> Reply:
        return await silent.runner.run("roster import", ADA, {**told, "file": HeldFile("people.csv", text)})

    told = await imports(invite="yes")
    assert told.refused
    assert "Nobody could answer an invitation by e-mail here" in heard(told)
    assert not (await imports()).refused
