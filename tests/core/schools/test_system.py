"""The settings of the whole system: who may change them, how sign-in is read, what is logged."""

import pytest

from bot.core.errors import BadValue, NotPermitted
from bot.core.schools import system
from bot.core.schools.system import SignIn, SystemSettings, WhoMayInvite
from tests.core.place import Place


def test_what_is_changed_is_stored_and_logged_as_plain_values() -> None:
    place = Place(named_administrators=frozenset({"discord:root"}))
    root = place.system_admin(place.person("root"))
    place.clear_outbox_and_log()
    wanted = {"who_may_invite": WhoMayInvite.DISTRICT_ADMINS, "mails_a_day": 5, "messages_a_day": None}
    after = system.edit(place.uow, root, sign_in=(SignIn.GOOGLE, SignIn.SLACK), **wanted)
    both = (SignIn.GOOGLE, SignIn.SLACK)
    assert after == SystemSettings(WhoMayInvite.DISTRICT_ADMINS, both, mails_a_day=5)
    assert place.uow.system.settings() == after
    (logged,) = place.logged()
    assert logged == (
        "Root (discord) system.edited system: at -"
        " who_may_invite=any role that may, sign_in=[], mails_a_day=0"
        " -> who_may_invite=district admins only, sign_in=['google', 'slack'], mails_a_day=5"
    )
    assert system.edit(place.uow, root, mails_a_day=5) == after
    assert len(place.logged()) == 1, "what is so already is no change"


def test_an_admin_of_a_school_changes_nothing() -> None:
    place = Place()
    with pytest.raises(NotPermitted):
        system.edit(place.uow, place.admin, mails_a_day=5)


def test_sign_in_is_read_by_name_in_one_order() -> None:
    assert system.read_sign_in(" Slack,google ,, DISCORD") == (SignIn.DISCORD, SignIn.SLACK, SignIn.GOOGLE)
    assert system.read_sign_in(" , ") == ()


def test_what_nobody_signs_in_with_is_told_with_what_there_is() -> None:
    with pytest.raises(BadValue) as refused:
        system.read_sign_in(f"google, {'x' * 50}")
    wrong = refused.value
    assert (wrong.option, wrong.example) == ("sign_in", "google, microsoft")
    assert wrong.problem == f"has no “{'x' * 40}”; there is discord, slack, google, microsoft, password"


def test_what_is_allowed_narrows_what_is_set_up() -> None:
    some = SystemSettings(sign_in=(SignIn.GOOGLE, SignIn.SLACK))
    assert some.allowed(["discord", "google"]) == ("google",)
    assert SystemSettings().allowed(["discord", "google"]) == ("discord", "google")
    assert SystemSettings().schools_invite
    assert not SystemSettings(WhoMayInvite.DISTRICT_ADMINS).schools_invite
