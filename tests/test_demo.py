"""The demo, when it cannot start."""

import socket

import pytest

from bot import demo
from bot.__main__ import main


async def test_a_port_that_is_taken_is_said_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            OSError, match=rf"port {port} is not available\. Try another one: PORT={port + 1} "
        ):
            await demo.run(port)


def test_a_port_that_is_none_is_said_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    for typed in ("99999", "-1", "0", "eighty"):
        with pytest.raises(SystemExit):
            main(["demo", "--port", typed])
        assert "argument --port: must be a number from 1 to 65535" in capsys.readouterr().err
