"""The demo, where it cannot start."""

import socket

import pytest

from bot import demo


async def test_a_port_that_is_taken_is_said_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"port {port} cannot be had\. Try another one: PORT={port + 1} "):
            await demo.run(port)
