"""Answers that take long are made on threads of their own."""

import asyncio
import threading

from bot.chat.deferred import resolved
from bot.chat.replies import Card, Reply
from bot.chat.text import say
from tests.patience import PATIENCE

# More than any event loop has threads of its own.
MANY = 100


async def test_many_answers_that_take_long_keep_no_other_work_from_a_thread() -> None:
    done = threading.Event()

    def slowly() -> Card:
        assert done.wait(2 * PATIENCE)
        return Card(say("Drawn"), ())

    asked = [asyncio.create_task(resolved(Reply(deferred=slowly))) for _ in range(MANY)]
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.sleep(0)  # all of them have asked for a thread
            assert await asyncio.to_thread(int) == 0
    finally:
        done.set()
        replies = await asyncio.gather(*asked)
    assert {one.answer for one in replies} == {Card(say("Drawn"), ())}
