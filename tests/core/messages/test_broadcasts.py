"""Broadcasts: who may write to whom, what each person gets, opting out, quotas, and the results."""

from datetime import timedelta

import pytest

from bot.core.errors import BadValue
from bot.core.messages.broadcasts import BroadcastState, NotSentReason, RecipientState
from bot.core.messages.texts import fill, refuse_unknown, used, values
from bot.core.notices.notices import Loss
from bot.core.people.people import PersonDetails
from bot.core.rights.actors import Caller, Person
from tests.core.broadcasts import ADA, FAILED, OUT, SENT, attend, became, crowd, drafted, found, send, work
from tests.core.door import Door, actions_in, heard, maple, table_in
from tests.outbox import deliver_all


def test_tags_are_read_as_people_type_them_and_what_is_put_in_is_no_tag() -> None:
    person, details = (
        Person("1", "Nia {{email}}"),
        PersonDetails("{{last_name}}", "Moss", email="n@example.org"),
    )
    text = "{{ First Name }}|{{first-name}}|{{LAST_NAME}}|{{email}}|{{name}}"
    refuse_unknown("text", text)
    assert used(text) == {"first_name", "last_name", "email", "name"}
    said = fill(text, values(person, details))
    assert said == "{{last_name}}|{{last_name}}|Moss|n@example.org|Nia {{email}}"
    nothing = values(Person("1", "Nia"), PersonDetails())
    assert fill("Dear {{first_name}} {{last_name}}, hello", nothing) == "Dear Nia, hello"


@pytest.mark.parametrize("text", ["{{nickname}}", "{{}}", "{{name", "name}}", "{{name}}}}", "{{na me}}x"])
def test_a_tag_that_stands_for_nothing_is_refused_with_those_that_do(text: str) -> None:
    with pytest.raises(BadValue) as refused:
        refuse_unknown("text", text)
    assert "{{first_name}}, {{last_name}}, {{email}}, {{name}}" in refused.value.problem


async def test_each_gets_one_by_the_best_way_and_one_entry_says_so(door: Door) -> None:
    await crowd(door)
    before = await door.audited()
    made = await send(door)
    assert (await door.audited())[len(before) :] == ["message.sent"]
    gone = await work(door)
    assert sorted(one.to.platform.value for one in gone) == ["email", "email", "web", "web"]
    assert len({one.subject for one in gone}) == 4
    assert await became(door, made) == {SENT: 4}
    assert (await found(door, made)).state is BroadcastState.DONE
    assert (await door.audited())[len(before) :] == ["message.sent"]
    (entry,) = [one for one in await door.audit_entries() if one.action == "message.sent"]
    assert entry.new == {"chat": 2, "mail": 2, "opted_out": 0}


async def test_nobody_but_active_members_unless_a_state_is_asked_for(door: Door) -> None:
    await crowd(door)
    await door.says(ADA, '/member suspend "bo Berg"')
    assert "to 3 people" in heard(await door.says(ADA, "/message send subject:A text:B"))
    assert "to 1 person" in heard(await door.says(ADA, "/message send subject:A text:B status:suspended"))
    assert "to 1 person" in heard(await door.says(ADA, "/message send subject:A text:B by:e-mail"))


async def test_a_change_after_the_preview_shows_it_again(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, ADA)
    await door.says("omar", "/account edit message_notifications:no")
    assert "Things have changed" in heard(await door.clicks(ADA, "message go", broadcast=draft))
    assert await became(door, draft) == {}
    await door.clicks(ADA, "message go", broadcast=draft)
    assert await became(door, draft) == {RecipientState.WAITING: 3, OUT: 1}


async def test_what_is_scheduled_needs_its_senders_right_when_it_goes_out(door: Door) -> None:
    await crowd(door)
    writers: list[Caller | str] = ["omar", ADA]
    drafts = [await drafted(door, who, "at:3h") for who in writers]
    for who, draft in zip(writers, drafts, strict=True):
        assert "goes out" in heard(await door.clicks(who, "message later", broadcast=draft))
    await door.says(ADA, "/member suspend Omar")
    before = await door.audited()
    door.clock.forward(timedelta(hours=4))
    assert await attend(door) == 2
    assert await attend(door) == 0
    assert (await door.audited())[len(before) :] == ["message.not_sent", "message.sent"]
    refused, sent = [await found(door, one) for one in drafts]
    assert (refused.state, refused.hindrance) == (BroadcastState.REFUSED, NotSentReason.NO_RIGHT)
    assert sent.state is BroadcastState.SENDING
    assert "no longer allowed to send it" in heard(
        await door.clicks(ADA, "message show", broadcast=drafts[0])
    )


async def test_what_is_due_while_its_school_is_archived_says_so(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, ADA, "at:3h")
    await door.clicks(ADA, "message later", broadcast=draft)
    await door.says("root", '/school archive school:"Maple Grove"')
    door.clock.forward(timedelta(hours=4))
    assert await attend(door) == 1
    one = await found(door, draft)
    assert (one.state, one.hindrance) == (BroadcastState.REFUSED, NotSentReason.ARCHIVED)
    await door.says("root", '/school restore name:"Maple Grove"')
    shown = heard(await door.clicks(ADA, "message show", broadcast=draft))
    assert "The school was archived when its time came." in shown


async def test_what_is_scheduled_for_nobody_any_more_is_told(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, ADA, "search:omar at:3h")
    await door.clicks(ADA, "message later", broadcast=draft)
    await door.says(ADA, "/member remove Omar")
    door.clock.forward(timedelta(hours=4))
    assert await attend(door) == 1
    one = await found(door, draft)
    assert (one.state, one.hindrance) == (BroadcastState.REFUSED, NotSentReason.NOBODY)
    told = await door.database.run(deliver_all)
    assert one.subject in {notice.subject for notice in told}


async def test_a_days_quotas_count_people_and_mails_of_what_is_still_to_go(door: Door) -> None:
    await crowd(door)
    await door.says("root", "/system edit messages_a_day:6 mails_a_day:3")
    assert "6" in heard(await door.says("root", "/system show"))
    first = await send(door)
    second = await drafted(door, ADA)
    refused = heard(await door.clicks(ADA, "message go", broadcast=second))
    assert "over the limit for people a day for this school's messages, which is 6" in refused
    await door.says("root", "/system edit messages_a_day:none")
    assert "over the limit for e-mails a day, which is 3" in heard(
        await door.clicks(ADA, "message go", broadcast=second)
    )
    await work(door)
    assert await became(door, first) == {SENT: 4}
    assert "over the limit for e-mails a day, which is 3" in heard(
        await door.clicks(ADA, "message go", broadcast=second)
    )
    door.clock.forward(timedelta(days=1, minutes=1))
    assert not (await door.clicks(ADA, "message go", broadcast=second)).refused


async def test_sending_again_is_within_a_days_quota(door: Door) -> None:
    await crowd(door)
    made = await send(door)
    await work(door, {"ada": Loss.GONE, "omar": Loss.GONE, "": Loss.GONE})
    lost = (await became(door, made))[FAILED]
    assert lost >= 2
    await door.says("root", f"/system edit messages_a_day:{lost - 1}")
    door.clock.forward(timedelta(days=2))
    assert (await door.clicks(ADA, "message again", broadcast=made)).refused
    assert (await became(door, made))[FAILED] == lost
    await door.says("root", f"/system edit messages_a_day:{lost}")
    assert not (await door.clicks(ADA, "message again", broadcast=made)).refused
    await work(door)
    assert (await became(door, made))[SENT] >= lost


async def test_what_came_of_each_is_a_file(door: Door) -> None:
    await crowd(door)
    await door.says(ADA, '/member create email:ev@example.org first_name:"=1+1" last_name:Eve')
    made = await send(door)
    await work(door, {"omar": Loss.REFUSED})
    rows = table_in(await door.clicks(ADA, "message who", broadcast=made))
    assert len(rows) == 5
    omar = next(row for row in rows if row["name"] == "Omar")
    assert (omar["state"], omar["by"], omar["why"]) == (
        "Not reached",
        "Direct message",
        "does not accept messages from me",
    )
    assert "=1+1 Eve" in {row["name"] for row in rows}
    assert {row["when (UTC)"] for row in rows} == {f"{door.clock.now():%Y-%m-%d %H:%M:%S}"}
    said = heard(await door.clicks(ADA, "message show", broadcast=made))
    assert "sent to 4 people" in said
    assert "Omar" in said


async def test_a_message_is_its_schools_and_one_to_a_district_its_admins(door: Door) -> None:
    await maple(door, invite=None)
    await door.says("root", "/district create North")
    await door.says("root", '/school move district:North school:"Maple Grove"')
    assert (await door.says(ADA, '/message send subject:A text:B view:"district users"')).refused
    wide = await drafted(door, "root", 'view:"district users" school:"Maple Grove"', "Wide")
    own = await drafted(door, ADA, subject="Own")
    for command in ("message go", "message show", "message who", "message cancel"):
        assert (await door.clicks(ADA, command, broadcast=wide)).refused
    listed = heard(await door.says(ADA, "/message list"))
    assert "Own" in listed
    assert "Wide" not in listed
    everything = heard(await door.says("root", '/message list school:"Maple Grove"'))
    assert "Wide" in everything
    assert not (await door.clicks("root", "message go", broadcast=wide)).refused
    assert not (await door.clicks("root", "message show", broadcast=own)).refused


async def test_lists_go_page_by_page(door: Door) -> None:
    await maple(door, invite=None)
    for number in range(12):
        await door.says(ADA, f'/message send subject:"M{number:02}" text:B')
        await door.says(ADA, f'/message save name:"T{number:02}" subject:S text:T')
    listed = await door.says(ADA, "/message list")
    assert "M11" in heard(listed)
    assert "M01" not in heard(listed)
    older = actions_in(listed)["Older"]
    assert "M01" in heard(await door.clicks(ADA, older.command, **older.values))
    templates = await door.says(ADA, "/message templates")
    assert "T11" not in heard(templates)
    more = actions_in(templates)["More"]
    assert "T11" in heard(await door.clicks(ADA, more.command, **more.values))


async def test_an_admins_messages_and_templates_pass_to_another(door: Door) -> None:
    await crowd(door)
    await door.says("omar", "/message save name:Mine subject:S text:T")
    made = await drafted(door, "omar", "at:3h")
    await door.clicks("omar", "message later", broadcast=made)
    said = await door.says(ADA, "/member transfer person:Omar to:Ada remove:yes")
    assert "Messages to many\n1" in heard(said)
    assert "Templates of messages\n1" in heard(said)
    hand = actions_in(said)
    transfer = next(one for one in hand.values() if one.command == "member hand")
    assert not (await door.clicks(ADA, transfer.command, **transfer.values)).refused
    door.clock.forward(timedelta(hours=4))
    assert await attend(door) == 1
    assert (await found(door, made)).state is BroadcastState.SENDING
