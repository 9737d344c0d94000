"""What Slack sends several times is done once, and answered where it came first."""

import asyncio
from typing import Any

import pytest

from tests.platforms.slack.conftest import Stage
from tests.servers.slack.lines import Line

TIMES = 4


class Repeating:
    """Sends everything several times at once; like Slack, it heeds only the first acknowledgement."""

    def __init__(self, line: Line) -> None:
        self.line = line

    async def send(self, kind: str, payload: dict[str, Any]) -> Any:
        """Send a request several times; return the first acknowledgement."""
        first, *_ = await asyncio.gather(*(self.line.send(kind, payload) for _ in range(TIMES)))
        return first


@pytest.fixture
def repeated(stage: Stage) -> Stage:
    stage.hand.line = Repeating(stage.hand.line)
    return stage


async def test_a_command_is_done_once(repeated: Stage) -> None:
    await repeated.type(repeated.ann, "show echo hello")
    assert repeated.seen(repeated.ann) == ["You said\nhello\nhello"]


async def test_a_click_is_done_once(repeated: Stage) -> None:
    await repeated.type(repeated.ann, "show board")
    repeated.server.workspace.messages[1:] = []  # one who only reads is answered each time
    await repeated.click(repeated.ann, "Whisper")
    await repeated.click(repeated.ann, "Whisper")
    assert repeated.seen(repeated.ann)[1:] == ["You said\npsst\npsst"] * 2


async def test_a_form_is_opened_once_and_taken_once(repeated: Stage) -> None:
    await repeated.type(repeated.ann, "show order amount:5")
    assert repeated.seen(repeated.ann) == []
    assert repeated.hand.opened(repeated.ann) is not None
    await repeated.submit(repeated.ann, colour="Green")
    assert repeated.seen(repeated.ann) == ["Ordered\nGreen | 5 | None | None | None | False | None"]


async def test_the_menu_is_opened_once_and_leads_on_once(repeated: Stage) -> None:
    await repeated.type(repeated.ann, "")
    await repeated.submit(repeated.ann, command="show echo")
    await repeated.submit(repeated.ann, text="hello")
    assert repeated.seen(repeated.ann) == ["You said\nhello\nhello"]


async def test_a_form_that_was_corrected_is_another(repeated: Stage) -> None:
    await repeated.type(repeated.ann, "show order colour:Red")
    opened = repeated.hand.opened(repeated.ann)
    await repeated.submit(repeated.ann, amount="99")
    assert opened is not None
    assert list(opened.errors) == ["amount"]
    await repeated.submit(repeated.ann, amount="9")
    assert len(repeated.seen(repeated.ann)) == 1
    assert "Red | 9" in repeated.seen(repeated.ann)[0]
