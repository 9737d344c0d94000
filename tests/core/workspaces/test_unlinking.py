"""Unlinked schools, lost workspaces, closed channels: what ends or pauses, and who is told."""

import pytest

from bot.cards.notices.notices import Target, draw
from bot.chat.context import Links
from bot.chat.replies import Reply
from bot.core.errors import NothingToChange, NotPermitted
from bot.core.following.ports import Follower, NativeKind
from bot.core.joining_errors import LastLink, LinkUnclear, RolesFollowThere
from bot.core.notices.notices import Audience
from bot.core.people import members
from bot.core.requests.mirror_ports import Mirror
from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey
from bot.core.rights.roles import SCHOOL_ADMIN
from bot.core.schools.schools import ApprovalsChannel
from bot.core.values import replace
from bot.core.workspaces import unlinking
from tests.core.door import heard
from tests.core.place import GUILD, OTHER, Place
from tests.storage import build
from tests.world import SLASHES


@pytest.fixture
def place() -> Place:
    """Maple Grove in two guilds, each with a channel for approvals, and Oak Hill in one of them."""
    place = Place()
    place.with_approvals_channel()
    place.another_school("Oak Hill", OTHER)
    assert place.uow.workspaces.link(place.school_id, OTHER, place.clock.now())
    place.uow.workspaces.set_approvals_channel(ApprovalsChannel(place.school_id, OTHER, "desk"))
    ada = place.admin.person_id or ""
    place.state.details[ada] = replace(place.uow.people.details(ada), email="ada@example.org")
    # Mia cannot be told anything: she has neither chat nor mail. Leo has mail, but is no admin.
    for who in (place.person("mia", AccountKey("google", "mia")), place.person("leo", email="leo@e.org")):
        place.add_membership(who)
    mia = place.uow.people.by_account(AccountKey("google", "mia"))
    assert mia is not None
    members.grant(place.uow, place.school_id, mia.id, SCHOOL_ADMIN.name, by=None)
    place.clear_outbox_and_log()
    return place


def test_the_links_of_a_lost_workspace_rest_and_admins_are_told_wherever_they_are(place: Place) -> None:
    place.uow.mirrors.put(Mirror(GUILD, place.school_id, place.clock.now()))
    place.uow.mirrors.put(Mirror(OTHER, place.school_id, place.clock.now()))
    unlinking.bot_removed(place.uow, GUILD)
    assert place.uow.schools.linked_to(GUILD) == []
    assert [one.name for one in place.uow.schools.linked_to(OTHER)] == ["Maple Grove", "Oak Hill"]
    assert (place.uow.mirrors.of(GUILD), place.uow.mirrors.of(OTHER) is None) == (None, False)
    subject = f"lost_link:{place.school_id}/discord/700"
    assert (
        place.told(Audience.ADMIN)
        == place.told()
        == [
            (subject, "discord/701/#desk"),
            (subject, "discord/@ada"),
            (subject, f"email/@person:{place.admin.person_id}"),
        ]
    )
    assert place.logged() == [
        "- (discord) school.link_suspended school:Maple Grove at Maple Grove -> workspace=discord:700"
    ]


def test_admins_of_a_lost_workspace_read_how_each_command_is_typed_where_they_type_it(place: Place) -> None:
    unlinking.bot_removed(place.uow, GUILD)
    told = Target(Audience.ADMIN, links=Links(slashes=SLASHES), platform=Platform.SLACK)
    said = heard(Reply(draw(place.uow, f"lost_link:{place.school_id}/discord/700", told)))
    assert "/homeroom school share gives a code" in said
    assert "types /school link with it" in said


def test_a_workspace_is_lost_once(place: Place) -> None:
    unlinking.bot_removed(place.uow, GUILD)
    place.clear_outbox_and_log()
    unlinking.bot_removed(place.uow, GUILD)
    assert (place.told(), place.logged()) == ([], [])


def test_whoever_reads_mail_alone_is_told_once(place: Place) -> None:
    nia = place.person("nia", AccountKey("google", "nia"), email="nia@example.org")
    place.add_membership(nia)
    members.grant(place.uow, place.school_id, nia.id, SCHOOL_ADMIN.name, by=None)
    unlinking.bot_removed(place.uow, GUILD)
    assert [to for _, to in place.told()].count(f"email/@person:{nia.id}") == 1


def test_a_channel_that_was_closed_gets_no_cards_and_the_admins_know(place: Place) -> None:
    unlinking.channel_closed(place.uow, OTHER, "desk")
    left = place.uow.workspaces.approvals_channels(place.school_id)
    assert [(one.workspace, one.channel) for one in left] == [(GUILD, "approvals")]
    subject = f"lost_channel:{place.school_id}/discord/701"
    assert place.told(Audience.ADMIN) == place.told() == [(subject, "discord/@ada")]
    (logged,) = place.logged()
    assert logged == (
        "- (discord) school.approvals_channel_closed school:Maple Grove at Maple Grove"
        " -> workspace=discord:701, channel=desk"
    )
    place.clear_outbox_and_log()
    unlinking.channel_closed(place.uow, OTHER, "desk")
    assert (place.told(), place.logged()) == ([], []), "it was closed once"


def test_the_channels_of_all_schools_there_are_looked_at(place: Place) -> None:
    oak = next(one for one in place.uow.schools.linked_to(OTHER) if one.id != place.school_id)
    place.uow.workspaces.set_approvals_channel(ApprovalsChannel(oak.id, OTHER, "oak"))
    unlinking.channel_closed(place.uow, OTHER, "oak")
    assert place.uow.workspaces.approvals_channels(oak.id) == []
    assert len(place.uow.workspaces.approvals_channels(place.school_id)) == 2


@pytest.mark.parametrize(
    ("workspace", "channel", "gets"),
    [
        (GUILD, "approvals", True),
        (OTHER, "desk", True),
        (OTHER, "approvals", False),
        (GUILD, "desk", False),
    ],
)
def test_a_channel_of_one_workspace_is_none_of_another(
    place: Place, workspace: WorkspaceKey, channel: str, *, gets: bool
) -> None:
    assert unlinking.has_approvals(place.uow, workspace, channel) is gets


def test_no_more_than_ten_admins_are_told(place: Place) -> None:
    for number in range(12):
        place.member(f"n{number}", SCHOOL_ADMIN.name)
    place.clear_outbox_and_log()
    unlinking.channel_closed(place.uow, GUILD, "approvals")
    assert len(place.told()) == 9, "ten with Mia, who cannot be told"
    place.clear_outbox_and_log()
    unlinking.bot_removed(place.uow, GUILD)
    assert len(place.told()) == 11, "nine in their chats, Ada by mail, and the other guild's channel"


def _unlinks(place: Place, typed: str = "", *, who: str = "ada") -> unlinking.Unlinked:
    person = place.uow.people.by_account(AccountKey("discord", who))
    return unlinking.unlink(place.uow, place.actor(person), place.school, typed)


def test_a_school_is_unlinked_from_where_its_admin_is_with_what_hung_on_it(place: Place) -> None:
    oak = next(one for one in place.uow.schools.linked_to(OTHER) if one.id != place.school_id)
    place.link_workspace(oak, GUILD)
    place.uow.mirrors.put(Mirror(GUILD, place.school_id, place.clock.now()))
    place.uow.mirrors.put(Mirror(OTHER, oak.id, place.clock.now()))
    done = _unlinks(place)
    assert (done.workspace.key, done.approvals, done.mirror) == (GUILD, True, True)
    assert place.uow.schools.linked_to(GUILD) == [oak]
    assert [one.workspace for one in place.uow.workspaces.approvals_channels(place.school_id)] == [OTHER]
    assert place.uow.mirrors.of(GUILD) is None
    assert place.logged() == [
        "Ada (discord) school.unlinked school:Maple Grove at Maple Grove -> workspace=discord:700"
    ]


def test_cards_of_the_school_lose_the_names_there_and_those_of_others_stay(place: Place) -> None:
    oak = next(one for one in place.uow.schools.linked_to(OTHER) if one.id != place.school_id)
    place.link_workspace(oak, GUILD)
    nia = place.person("nia")
    requests = [build.join_request(place.uow, of, nia) for of in (place.school, oak)]
    for request in requests:
        place.shown(request.subject)
    place.clear_outbox_and_log()
    assert _unlinks(place).cards
    assert place.redrawn() == [requests[0].subject]


def test_what_did_not_hang_on_it_has_not_ended(place: Place) -> None:
    place.uow.workspaces.unset_approvals_channel(ApprovalsChannel(place.school_id, GUILD, "approvals"))
    done = _unlinks(place)
    assert (done.approvals, done.mirror, done.cards) == (False, False, False)


@pytest.mark.parametrize("typed", ["701", "discord:701", " DISCORD:701 ", "{id}", "oak  guild"])
def test_another_workspace_is_named_by_its_name_or_an_id(place: Place, typed: str) -> None:
    other = place.state.workspaces[OTHER]
    place.state.workspaces[OTHER] = replace(other, name="Oak Guild")
    place.uow.mirrors.put(Mirror(OTHER, "another", place.clock.now()))
    done = _unlinks(place, typed.format(id=other.id))
    assert (done.workspace.key, done.approvals, done.mirror) == (OTHER, True, False)
    assert place.uow.mirrors.of(OTHER) is not None, "another school decides there"


def test_which_workspace_is_meant_must_be_clear(place: Place) -> None:
    nowhere = place.actor(place.admin.known_person, key=None)
    for actor, typed in (
        (nowhere, ""),
        (place.admin, "702"),
        (place.admin, place.state.workspaces[GUILD].name),
    ):
        with pytest.raises(LinkUnclear) as unclear:
            unlinking.unlink(place.uow, actor, place.school, typed)
        assert unclear.value.names == ("discord:700", "discord:701"), "both are called the same"
    place.state.workspaces[GUILD] = replace(place.state.workspaces[GUILD], name="Maple Guild")
    place.state.workspaces[OTHER] = replace(place.state.workspaces[OTHER], name="")
    with pytest.raises(LinkUnclear) as unclear:
        unlinking.unlink(place.uow, nowhere, place.school)
    assert unclear.value.names == ("Maple Guild", "discord:701")
    place.clear_outbox_and_log()
    unlinking.bot_removed(place.uow, OTHER)
    unlinking.bot_removed(place.uow, GUILD)
    with pytest.raises(NothingToChange, match="linked nowhere"):
        unlinking.unlink(place.uow, nowhere, place.school)


def test_the_only_link_stays(place: Place) -> None:
    _unlinks(place)
    place.clear_outbox_and_log()
    with pytest.raises(LastLink):
        _unlinks(place, "701")
    assert place.uow.schools.linked_to(OTHER)
    assert place.logged() == []


def test_an_unlinking_that_was_faster_leaves_nothing_to_do(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.uow.mirrors.put(Mirror(GUILD, place.school_id, place.clock.now()))
    monkeypatch.setattr(type(place.uow.workspaces), "unlink", lambda *_: False)
    with pytest.raises(LinkUnclear):
        _unlinks(place)
    assert place.uow.mirrors.of(GUILD) is not None
    assert (place.logged(), place.told()) == ([], [])


def test_only_who_may_link_a_school_unlinks_it(place: Place) -> None:
    place.member("kim", "Staff")
    place.clear_outbox_and_log()
    for who in ("kim", "leo"):
        with pytest.raises(NotPermitted):
            _unlinks(place, who=who)
    assert place.logged() == []


def test_what_follows_roles_there_is_ended_first(place: Place) -> None:
    now = place.clock.now()
    for number, (key, ending) in enumerate([(GUILD, False), (GUILD, True), (OTHER, False)]):
        thing = Follower(
            *(f"thing{number}", place.school_id, key, NativeKind.ROLE, str(number), f"staff{number}"),
            created_at=now,
            look_at=now,
            ending=ending,
        )
        assert place.uow.followings.add(thing)
    with pytest.raises(RolesFollowThere) as refused:
        _unlinks(place)
    assert refused.value.names == ("staff0",)
    place.uow.followings.delete("thing0")
    assert _unlinks(place).workspace.key == GUILD
