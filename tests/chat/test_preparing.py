"""What a call needs from outside is fetched before its unit of work begins."""

import threading
from typing import Any

import pytest

from bot.chat import when
from tests.core.door import heard, maple, open_door

parsed = when._parsed


@pytest.mark.parametrize(("expires", "loads"), [("Friday 17:00", True), ("7d", False), ("never", False)])
async def test_the_parser_of_dates_is_loaded_beside_the_units(
    monkeypatch: pytest.MonkeyPatch, expires: str, *, loads: bool
) -> None:
    door = open_door()
    await maple(door)
    threads: list[threading.Thread] = []

    def noted(*given: Any) -> Any:
        threads.append(threading.current_thread())
        return parsed(*given)

    monkeypatch.setattr(when, "_parsed", noted)
    when.load.cache_clear()
    for _ in range(2):
        assert "Invitation to" in heard(await door.says("ada", f'/invite create expires:"{expires}"'))
    beside = [one for one in threads if one is not threading.main_thread()]
    assert len(beside) == (1 if loads else 0), "it is loaded once, and for those who need it"
    assert not loads or threads[0] is beside[0]
