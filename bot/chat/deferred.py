"""Makes answers that take long, such as pictures and files, on threads of their own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from bot.chat.replies import Reply
from bot.core.values import replace

# If they took the event loop's own threads, nobody else could connect anywhere meanwhile: these look up the
# names of hosts.
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="answer")


async def resolved(reply: Reply) -> Reply:
    """Make an answer that takes long, if the reply has one: on a thread, and outside the transaction."""
    if reply.deferred is None:
        return reply
    make = reply.deferred
    loop, context = asyncio.get_running_loop(), copy_context()
    answer = await loop.run_in_executor(_THREADS, lambda: context.run(make))
    return replace(reply, answer=answer, deferred=None)
