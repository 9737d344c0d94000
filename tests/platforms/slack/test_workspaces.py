"""Which workspace a payload of Slack is about, in each form that payloads have."""

from typing import Any

import pytest
from slack_bolt.request.internals import extract_enterprise_id, extract_is_enterprise_install, extract_team_id

from bot.platforms.slack.installing.workspaces import enterprise_of, organization_of, team_of
from bot.platforms.slack.people.facts import Facts

WHOLE = {"enterprise_id": "E1", "is_enterprise_install": True}
COMMAND = {"team_id": "T1", "user_id": "U1"}
CLICK = {"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"}}
EVENT = {"team_id": "T1", "event": {"type": "user_change"}}


@pytest.mark.parametrize(
    ("body", "team", "organization"),
    [
        (COMMAND, "T1", ""),
        ({**COMMAND, "enterprise_id": "E1", "is_enterprise_install": "false"}, "T1", ""),
        ({**COMMAND, "enterprise_id": "E1", "is_enterprise_install": "true"}, "T1", "E1"),
        (CLICK, "T1", ""),
        ({**CLICK, "enterprise": {"id": "E1"}, "is_enterprise_install": True}, "T1", "E1"),
        ({**CLICK, "team": {"id": "T1", "enterprise_id": "E1"}, "is_enterprise_install": False}, "T1", ""),
        # A view that was opened in a shared channel by a person of another workspace.
        ({**CLICK, "team": {"id": "T9"}, "view": {"app_installed_team_id": "T1"}}, "T1", ""),
        ({**EVENT, "authorizations": [{"team_id": "T1"}]}, "T1", ""),
        # An event of a shared channel: it happened there, and is sent for the installation here.
        ({**EVENT, "team_id": "T9", "authorizations": [{"team_id": "T1"}]}, "T1", ""),
        ({**EVENT, "authorizations": [{"team_id": "T1", **WHOLE}]}, "T1", "E1"),
    ],
)
def test_bolt_reads_the_same(body: dict[str, Any], team: str, organization: str) -> None:
    assert (team_of(body), organization_of(body)) == (team, organization)
    assert extract_team_id(body) == team
    whole = extract_is_enterprise_install(body)
    assert (extract_enterprise_id(body) if whole else "") == organization


@pytest.mark.parametrize(
    ("body", "team", "organization"),
    [
        # If no team is named, the view's workspace counts before that of the user.
        ({**CLICK, "team": None, "view": {"team_id": "T1"}, "user": {"team_id": "T9"}, **WHOLE}, "T1", "E1"),
        ({**CLICK, "team": None, **WHOLE}, "T1", "E1"),
        ({**CLICK, "team": {"id": "E1"}, "user": {"team_id": "E1"}, **WHOLE}, "", "E1"),
        ({**EVENT, "authorizations": [{"team_id": None, **WHOLE}]}, "T1", "E1"),
        ({**EVENT, "team_id": "E1", "context_team_id": "T1", "authorizations": [WHOLE]}, "T1", "E1"),
        # An event of a shared channel that happened elsewhere.
        ({**EVENT, "team_id": "T9", "context_team_id": "T1", "authorizations": [WHOLE]}, "T1", "E1"),
        ({"event": {"type": "team_access_revoked"}, **WHOLE, "team_id": None}, "", "E1"),
        ({}, "", ""),
    ],
)
def test_an_organisation_is_no_workspace(body: dict[str, Any], team: str, organization: str) -> None:
    assert (team_of(body), organization_of(body)) == (team, organization)


def test_an_organisation_is_named_in_an_event_that_nobody_is_authorized_for() -> None:
    told = {"team_id": None, "event": {"type": "team_access_granted", "enterprise_id": "E1"}}
    assert enterprise_of(told) == "E1"
    assert organization_of(told) == ""


@pytest.mark.parametrize(
    ("teams", "claimed", "home"),
    [
        ((), "T1", "T1"),
        ((), "", "T1"),
        ((), "T9", "T9"),
        ((), "E1", "T1"),
        (("T1", "T9"), "T9", "T1"),
        (("T8", "T9"), "T9", "T9"),
    ],
)
def test_where_somebody_is_at_home(teams: tuple[str, ...], claimed: str, home: str) -> None:
    facts = {"enterprise_user": {"teams": list(teams)}} if teams else {}
    assert Facts.of(facts, "T1").home(claimed, "T1") == home


@pytest.mark.parametrize(
    ("facts", "claimed", "home"),
    [
        ({"team_id": "T9"}, "T1", "T9"),
        ({"team_id": "T1"}, "T1", "T1"),
        ({"team_id": "E1"}, "T1", "T1"),
        ({"team_id": "T1"}, "T9", "T9"),
        ({"team_id": "T9", "enterprise_user": {"teams": ["T1", "T9"]}}, "T1", "T1"),
        ({"team_id": "T9", "enterprise_user": {"teams": ["T8", "T9"]}}, "T1", "T9"),
    ],
)
def test_what_slack_says_of_a_person_counts_more_than_where_they_act(
    facts: dict[str, Any], claimed: str, home: str
) -> None:
    assert Facts.of(facts, "T1").home(claimed, "T1") == home
