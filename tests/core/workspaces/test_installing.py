"""Installing and removing the Slack app is recorded once, and links no school."""

import pytest

from bot.core.notices.notices import Audience
from bot.core.requests.mirror_ports import Mirror
from bot.core.rights.actors import Platform, WorkspaceKey
from bot.core.values import replace
from bot.core.workspaces import installing
from bot.core.workspaces.installation_ports import Installation
from tests.core.place import Place
from tests.world import START

TEAM = WorkspaceKey(Platform.SLACK, "T1")
OWN = Installation("T1", "Maple", "B1", "U1", "commands", "xoxb-1", START)
WIDE = replace(OWN, place="E1", name="District", token="xoxb-2")


@pytest.fixture
def place() -> Place:
    one = Place()
    one.link_workspace(one.school, TEAM)
    return one


def serves(place: Place) -> bool:
    return bool(place.uow.schools.linked_to(TEAM))


def test_an_installation_takes_the_place_of_the_one_before(place: Place) -> None:
    installing.installed(place.uow, OWN)
    installing.installed(place.uow, replace(OWN, token="xoxb-3"))
    assert place.uow.installations.by_place("T1") == replace(OWN, token="xoxb-3", version=2)
    assert place.logged() == ["- (slack) slack.installed slack:T1 at -"] * 2
    (entry, _) = place.state.audit_entries
    assert (entry.school_id, entry.new) == (None, {})


def test_only_the_installation_whose_token_is_dead_is_forgotten(place: Place) -> None:
    installing.installed(place.uow, OWN)
    installing.installed(place.uow, OWN)
    place.clear_outbox_and_log()
    installing.uninstalled(place.uow, OWN)
    assert place.uow.installations.by_place("T1") is not None
    assert place.logged() == []
    installing.uninstalled(place.uow, replace(OWN, version=2))
    assert place.uow.installations.by_place("T1") is None
    assert place.logged() == ["- (slack) slack.uninstalled slack:T1 at -"]


def test_an_organisation_gives_a_workspace_once(place: Place) -> None:
    installing.installed(place.uow, WIDE)
    place.clear_outbox_and_log()
    for _ in range(2):
        installing.workspace_added(place.uow, "E1", "T1")
        assert place.uow.installations.for_workspace("T1") == WIDE
    assert place.logged() == ["- (slack) slack.workspace_given slack:E1 at - -> workspace=slack:T1"]


def test_a_workspace_that_is_taken_back_rests_and_its_admins_are_told(place: Place) -> None:
    installing.installed(place.uow, WIDE)
    installing.workspace_added(place.uow, "E1", "T1")
    place.uow.mirrors.put(Mirror(TEAM, place.school.id, START))
    place.clear_outbox_and_log()
    for _ in range(2):
        installing.workspace_removed(place.uow, "E1", "T1")
        assert not serves(place)
        assert place.uow.mirrors.of(TEAM) is None
    assert place.logged() == [
        "- (slack) slack.workspace_taken slack:E1 at - -> workspace=slack:T1",
        "- (slack) school.link_suspended school:Maple Grove at Maple Grove -> workspace=slack:T1",
    ]
    assert place.told(Audience.ADMIN) == [(f"lost_link:{place.school.id}/slack/T1", "discord/@ada")]


def test_a_workspace_that_has_taken_us_in_itself_goes_on_when_its_organisation_takes_us_out(
    place: Place,
) -> None:
    installing.installed(place.uow, WIDE)
    installing.workspace_added(place.uow, "E1", "T1")
    installing.installed(place.uow, OWN)
    place.clear_outbox_and_log()
    installing.workspace_removed(place.uow, "E1", "T1")
    assert place.uow.installations.for_workspace("T1") == OWN
    assert serves(place)
    assert place.logged() == []
