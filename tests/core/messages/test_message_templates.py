"""Message templates: saved under a name, changed and deleted; the audit log has none of their text."""

from typing import Any

import pytest

from bot.core.errors import BadValue, NotFound, NothingToChange, NotPermitted
from bot.core.messages import templates as message_templates
from bot.core.messages.templates import MessageTemplate
from bot.core.rights.actors import Actor
from bot.core.values import replace
from tests.core.place import Place
from tests.world import START


@pytest.fixture
def place() -> Place:
    return Place()


def save(place: Place, name: str = "Picnic", *, by: Actor | None = None, **said: Any) -> MessageTemplate:
    words = {"title": "We meet", "text": "Dear {{name}}", **said}
    return message_templates.save(place.uow, by or place.admin, place.school, name=name, **words)


def edit(place: Place, made: MessageTemplate, *, by: Actor | None = None, **said: Any) -> MessageTemplate:
    words = {"name": "", "title": "", "text": "", **said}
    return message_templates.edit(place.uow, by or place.admin, place.school, made, **words)


def test_a_text_is_kept_under_its_name(place: Place) -> None:
    made = save(place, "  Summer   picnic ")
    assert made == MessageTemplate(
        made.id,
        place.school.id,
        "Summer picnic",
        "We meet",
        "Dear {{name}}",
        place.admin.known_person.id,
        START,
    )
    for typed in (" summer   PICNIC ", f" {made.id.upper()} "):
        assert message_templates.find(place.uow, place.school, typed) == made
    with pytest.raises(NotFound) as refused:
        message_templates.find(place.uow, place.school, "nothing")
    assert refused.value.what == "template"
    assert place.logged() == [f"Ada (discord) template.saved {made.subject} at Maple Grove"]


def test_a_name_is_kept_once(place: Place) -> None:
    save(place)
    other = save(place, "Other")
    for again in (lambda: save(place, "picnic"), lambda: edit(place, other, name=" picnic")):
        with pytest.raises(BadValue) as refused:
            again()
        told = ("name", "is taken: there is a template “picnic”")
        assert (refused.value.option, refused.value.problem) == told


def test_a_school_keeps_so_many(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_templates, "MOST", 1)
    save(place)
    with pytest.raises(BadValue) as refused:
        save(place, "Other")
    assert refused.value.problem == "is one too many: a school keeps 1 at most"


@pytest.mark.parametrize(("what", "option"), [("title", "subject"), ("text", "text")])
def test_a_tag_that_stands_for_nothing_is_not_kept(place: Place, what: str, option: str) -> None:
    made, bad = save(place), dict[str, Any]({what: "{{x}}"})
    for again in (
        lambda: save(place, "Other", **bad),
        lambda: edit(place, made, **bad),
    ):
        with pytest.raises(BadValue) as refused:
            again()
        assert refused.value.option == option
    assert len(place.state.templates) == 1


def test_what_is_empty_stays_and_the_log_names_what_changed(place: Place) -> None:
    made = save(place)
    place.clear_outbox_and_log()
    assert edit(place, made, title="Come!") == place.state.templates[made.id] == replace(made, title="Come!")
    after = edit(place, made, name=" The  picnic ", text="Dear {{email}}")
    assert after == replace(made, name="The picnic", title="Come!", text="Dear {{email}}")
    with pytest.raises(NothingToChange) as refused:
        edit(place, made, name="The picnic")
    assert refused.value.state == "as you want it"
    where = f"Ada (discord) template.edited {made.subject} at Maple Grove"
    assert place.logged() == [f"{where} -> changed=['title']", f"{where} -> changed=['name', 'text']"]


def test_what_is_deleted_is_neither_changed_nor_deleted_again(place: Place) -> None:
    made = save(place)
    place.clear_outbox_and_log()
    message_templates.delete(place.uow, place.admin, place.school, made)
    assert place.logged() == [f"Ada (discord) template.deleted {made.subject} at Maple Grove"]
    for again in (
        lambda: message_templates.delete(place.uow, place.admin, place.school, made),
        lambda: edit(place, made, title="Late"),
    ):
        with pytest.raises(NotFound) as refused:
            again()
        assert refused.value.what == "template"


def test_only_who_may_write_to_many_keeps_texts(place: Place) -> None:
    made, staff = save(place), place.member("sam", "Staff")
    for refused in (
        lambda: save(place, "Other", by=staff),
        lambda: edit(place, made, by=staff, title="Mine"),
        lambda: message_templates.delete(place.uow, staff, place.school, made),
    ):
        with pytest.raises(NotPermitted):
            refused()
    assert place.state.templates == {made.id: made}
