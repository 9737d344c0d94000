"""People's own settings, and opting out of broadcasts."""

from functools import partial

import pytest

from bot.core.errors import ActorUnknown, NothingToChange
from bot.core.messages import opting_out
from bot.core.people import own_settings
from tests.core.place import Place

QUIET = {"message_notifications": False}


def test_what_people_set_is_theirs_alone_and_logged() -> None:
    place = Place()
    nia, before = place.member("nia"), place.uow.people.details(place.admin.known_person.id)
    place.clear_outbox_and_log()
    changed = own_settings.edit(place.uow, nia, {"zone": "Asia/Tokyo", "auto_finalize": True})
    assert changed == own_settings.shown(place.uow, nia)
    assert (changed.zone, changed.auto_finalize) == ("Asia/Tokyo", True)
    assert place.uow.people.details(place.admin.known_person.id) == before
    (told,) = place.logged()
    assert told.startswith("Nia (discord) person.edited person:Nia at - ")
    assert told.endswith("auto_finalize=False, zone=Europe/Berlin -> auto_finalize=True, zone=Asia/Tokyo")


def test_what_is_so_already_changes_nothing() -> None:
    place = Place()
    place.clear_outbox_and_log()
    with pytest.raises(NothingToChange) as left:
        own_settings.edit(place.uow, place.admin, {"auto_finalize": False})
    assert left.value.state == "as you want it"
    assert place.logged() == []


def test_a_stranger_has_no_settings() -> None:
    place = Place()
    for asks in (own_settings.shown, partial(own_settings.edit, changes=QUIET)):
        with pytest.raises(ActorUnknown):
            asks(place.uow, place.actor(None, "zoe"))


def test_whoever_wants_no_more_messages_says_so_once() -> None:
    place = Place()
    place.clear_outbox_and_log()
    for _ in range(2):
        opting_out.opt_out(place.uow, place.admin)
    assert not own_settings.shown(place.uow, place.admin).message_notifications
    (told,) = place.logged()
    assert told.endswith(" person:Ada at - message_notifications=True -> message_notifications=False")


def test_the_link_in_a_mail_says_it_for_whom_it_was_mailed_to() -> None:
    place = Place()
    nia = place.member("nia").known_person
    place.clear_outbox_and_log()
    token = place.uow.broadcasts.stop_token(nia.id)
    assert opting_out.link_works(place.uow, token)
    for _ in range(2):
        assert opting_out.by_link(place.uow, token)
    assert not place.uow.people.details(nia.id).message_notifications
    assert place.logged() == ["- (web) person.opted_out person:Nia at - -> message_notifications=False"]
    assert not opting_out.link_works(place.uow, "another")
    assert not opting_out.by_link(place.uow, "another")
