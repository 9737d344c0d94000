"""How accounts and workspaces are written as text, and read again."""

import pytest

from bot.core.rights.actors import AccountKey, Platform, WorkspaceKey

PLACE = WorkspaceKey(Platform.SLACK, "T1")


def test_the_log_and_the_settings_name_them_with_a_colon() -> None:
    assert str(AccountKey("slack", "T1/U1")) == "slack:T1/U1"
    assert str(PLACE) == "slack:T1"


@pytest.mark.parametrize("more", ["", "/of somebody", "/two/more", "/a b"])
def test_a_workspace_is_read_from_the_path_with_which_a_subject_begins(more: str) -> None:
    assert PLACE.path == "slack/T1"
    assert WorkspaceKey.from_path(f"{PLACE.path}{more}") == PLACE


def test_what_is_no_platform_is_no_workspace() -> None:
    with pytest.raises(ValueError, match="irc"):
        WorkspaceKey.from_path("irc/T1")
