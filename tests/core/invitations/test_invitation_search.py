"""Lists of invitations: their pages, and how one is found in them."""

from bot.chat.replies import Card
from bot.core.ids import grouped
from tests.core.door import Door, actions_in, heard, maple
from tests.world import caller


async def test_pages_of_invitations(door: Door) -> None:
    await maple(door)
    for number in range(12):
        await door.says("ada", f"/invite create label:batch{number}")
    first = await door.says("ada", "/invite list")
    older = actions_in(first)["Older"]
    second = await door.clicks("ada", older.command, **older.values)
    assert isinstance(second.redraw, Card)
    shown = heard(first) + heard(second)
    for invitation in await door.invitations():
        assert shown.count(grouped(invitation.code)) >= 1
    assert "Older" not in actions_in(second)
    listed = heard(await door.says("ada", "/invite list search:batch7"))
    assert "batch7" in listed
    assert "batch8" not in listed


async def test_a_whole_code_or_link_finds_its_invitation_wherever_one_is_looked_for(door: Door) -> None:
    await maple(door)
    await door.says("ada", "/invite create label:other")
    wanted = (await door.invitations())[1]
    link = f"https://door.example.org/i/{wanted.token}"
    long = link.replace("door", "homeroom.a-school-district-with-a-name.k12")
    for typed in (wanted.code, grouped(wanted.code).lower(), link, link[:-8], long):
        shown = heard(await door.says("ada", f'/invite list search:"{typed}"'))
        assert grouped(wanted.code) in shown, typed
        assert "other" not in shown, typed
        offered = await door.runner.suggest("invite show", "invitation", typed, caller("ada"))
        assert [item.value for item in offered] == [wanted.id], typed
    open_, revoked = (f"/invite list search:{wanted.code} state:{state}" for state in ("open", "revoked"))
    assert grouped(wanted.code) in heard(await door.says("ada", open_))
    assert "match that search" in heard(await door.says("ada", revoked))


async def test_words_as_long_as_a_code_are_looked_for_like_others(door: Door) -> None:
    await maple(door)
    await door.says("ada", '/invite create label:"Grade 7 parents"')
    assert "Grade 7 parents" in heard(await door.says("ada", '/invite list search:"grade 7 parents"'))


async def test_the_code_of_another_school_finds_nothing(door: Door) -> None:
    await maple(door)
    await door.says(caller("ada", administers=True), '/school create "Oak Hill"')
    await door.says("ada", '/invite create school:"Oak Hill" label:theirs')
    (theirs,) = await door.invitations_of("Oak Hill")
    found = heard(await door.says("ada", f'/invite list school:"Maple Grove" search:{theirs.code}'))
    assert "match that search" in found
