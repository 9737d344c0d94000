"""What a delivery changes: for a new card, by its kind; for a redrawn one, nothing."""

import pytest

from bot.core.invitations import sending
from bot.core.notices import deliveries
from bot.core.notices.notices import Audience, Loss, Notice
from bot.core.people import passwords
from bot.core.requests import digests, mirror_answers
from bot.core.values import replace
from bot.core.workspaces import events as workspace_events
from tests.core.place import APPROVALS, Place
from tests.world import START

FRESH = Notice("1", "1", "", Audience.ADMIN, APPROVALS, START)
OTHER = replace(FRESH, subject="rush:1")


@pytest.mark.parametrize(
    ("subject", "failed"),
    [
        ("invitation:1", sending.failed),
        ("digest:1/2026-09-01", digests.failed),
        ("mirrored:discord/700/900", mirror_answers.failed),
        ("welcome:discord/700/-/nia:1", workspace_events.unreached),
    ],
)
def test_each_kind_is_told_what_became_of_its_cards(subject: str, failed: object) -> None:
    notice = replace(FRESH, subject=subject)
    assert deliveries.hooks_for(notice).failed is failed
    assert deliveries.hooks_for(replace(notice, copy_id="1")) is deliveries.hooks_for(OTHER)


def test_a_mail_about_a_password_carries_a_secret_and_is_missed_by_nobody() -> None:
    place = Place()
    notice = replace(FRESH, subject="password:1")
    found = deliveries.hooks_for(notice)
    assert found.secret(notice)
    assert found.mint is passwords.mint
    before = place.state.copied()
    found.failed(place.uow, notice, Loss.GONE)
    assert place.state == before


def test_what_carries_no_secret_has_none_made_for_it() -> None:
    assert not deliveries.hooks_for(replace(FRESH, subject="digest:1/2026-09-01")).secret(FRESH)
    assert not deliveries.hooks_for(OTHER).secret(FRESH)
