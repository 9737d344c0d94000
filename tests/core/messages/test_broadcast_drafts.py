"""Broadcasts before they are sent, and who may see them."""

import pytest

from bot.core.errors import BadValue
from bot.core.messages import broadcasting, broadcasts
from bot.core.messages import drafts as broadcast_drafts
from bot.core.messages.broadcasts import BroadcastView, DeliveryMethod
from bot.core.messages.drafts import Preview, Wording
from bot.core.people.people_filter import PeopleFilter
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import Caller
from tests.core.broadcasts import ADA, crowd, drafted
from tests.core.door import Door, as_, heard, maple

# They are the rules' own; what the databases do is in tests/storage.
pytestmark = pytest.mark.parametrize("door", ["fake"], indirect=True)


def _draft(uow: UnitOfWork, who: Caller | str, wanted: PeopleFilter, title: str, text: str) -> Preview:
    school = uow.schools.by_id(wanted.school_id)
    assert school is not None
    actor, wording = as_(uow, who), Wording(title, text)
    seen = broadcast_drafts.audience(uow, actor, school, wanted, wording)
    return broadcast_drafts.draft(uow, actor, school, wanted, wording, seen)


async def test_a_draft_shows_the_tags_of_its_subject_and_its_text_that_are_not_known(door: Door) -> None:
    await crowd(door)
    school = await door.school()
    omar = PeopleFilter(school.id, text="omar")

    def unit(uow: UnitOfWork) -> None:
        shown = _draft(uow, ADA, omar, "Hi {{last_name}}", "You are {{email}} and {{name}}")
        assert dict(shown.counts.lacking) == {"last_name": 1, "email": 1}
        (sample,) = shown.samples
        assert (sample.name, sample.title, sample.text) == ("Omar", "Hi", "You are and Omar")
        assert set(sample.lacking) == {"last_name", "email"}
        assert (shown.stale, shown.broadcast) == (False, uow.broadcasts.by_id(shown.broadcast.id))
        assert shown.broadcast.facts == shown.counts.facts == "1 0 0 0"
        ada, of = as_(uow, ADA), shown.broadcast
        again = broadcasting.show(uow, ada, school, of, broadcasting.current_audience(uow, ada, school, of))
        assert isinstance(again, Preview)
        assert not again.stale

    await door.database.run(unit)


@pytest.mark.parametrize("option", ["subject", "text"])
async def test_a_tag_that_stands_for_nothing_is_told_of_where_it_stands(door: Door, option: str) -> None:
    await crowd(door)
    school = await door.school()
    said = {"title": "A", "text": "B"} | {"title" if option == "subject" else "text": "{{nobody}}"}
    with pytest.raises(BadValue) as refused:
        await door.database.run(lambda uow: _draft(uow, ADA, PeopleFilter(school.id), **said))
    assert refused.value.option == option


async def test_exactly_two_rights_let_somebody_write_and_see_what_came_of_it(door: Door) -> None:
    await crowd(door)
    await door.says(ADA, "/role create name:Herald permissions:message.send,member.read")
    await door.says(ADA, "/member roles person:omar roles:Herald")
    draft = await drafted(door, "omar")
    assert not (await door.clicks("omar", "message go", broadcast=draft)).refused
    for left in ("message.send,invitation.read", "member.read"):
        await door.says(ADA, f"/role edit role:Herald permissions:{left}")
        assert (await door.clicks("omar", "message show", broadcast=draft)).refused


async def test_an_admin_of_a_district_writes_to_all_of_it_and_sees_these_messages(door: Door) -> None:
    await maple(door)
    await door.says("root", "/district create North")
    await door.says("dora", f"/join {await door.code()}")
    await door.says("root", '/district grant person:dora role:"District Admin" district:North')
    await door.says("root", '/school move school:"Maple Grove" district:North')
    wide = await drafted(door, "dora", 'view:"district users"', "Wide")
    school = await door.school()

    def listed(uow: UnitOfWork, who: Caller | str) -> list[str]:
        return [one.id for one in broadcasts.listed(uow, as_(uow, who), school, limit=9)]

    assert await door.database.read(lambda uow: listed(uow, "dora")) == [wide]
    assert await door.database.read(lambda uow: listed(uow, ADA)) == []
    assert not (await door.clicks("dora", "message go", broadcast=wide)).refused


async def test_the_name_of_an_erased_sender_is_not_shown(door: Door) -> None:
    await crowd(door)
    draft = await drafted(door, "omar")
    assert not (await door.clicks("omar", "message go", broadcast=draft)).refused

    def erased(uow: UnitOfWork) -> None:
        uow.accounts.erase(as_(uow, "omar").known_person.id, uow.now)

    await door.database.run(erased)

    def shown(uow: UnitOfWork) -> BroadcastView:
        of = uow.broadcasts.by_id(draft)
        assert of is not None
        return broadcasts.view(uow, of)

    view = await door.database.read(shown)
    assert (view.sender, view.sent(DeliveryMethod.CHAT), view.sent(DeliveryMethod.MAIL), view.total) == (
        "",
        0,
        0,
        4,
    )


async def test_a_draft_that_reaches_nobody_is_shown_and_not_kept(door: Door) -> None:
    await crowd(door)
    school = await door.school()

    def unit(uow: UnitOfWork) -> int:
        shown = _draft(uow, ADA, PeopleFilter(school.id, text="nobody"), "A", "B")
        assert uow.broadcasts.by_id(shown.broadcast.id) is None
        return shown.counts.reached

    assert await door.database.run(unit) == 0


async def test_a_plan_for_people_leads_to_a_message_and_says_how_many_it_would_reach(door: Door) -> None:
    """Suspended people get no broadcast, unless the plan is about them."""
    await crowd(door)
    await door.says(ADA, '/member suspend "bo Berg"')
    for more, number in (("", 3), ("search:berg", 1), ("status:suspended", 1)):
        assert f"{number} p" in heard(await door.says(ADA, f"/bulk plan act:message {more}"))
    await door.says(ADA, "/role create name:Reader permissions:member.read")
    await door.says(ADA, "/member roles person:omar roles:Reader")
    assert "You may not" in heard(await door.says("omar", "/bulk plan act:message"))
