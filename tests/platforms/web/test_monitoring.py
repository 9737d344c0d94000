"""What monitoring reads: numbers without names, for this machine and for holders of the token."""

import asyncio
from datetime import timedelta

import httpx2
import pytest
from starlette.applications import Starlette

from bot.core import jobs, stuck
from bot.core.condition import Condition, current_condition
from bot.core.notices.notices import Audience, Destination, Notice
from bot.core.notices.outbox_ports import OutboxState
from bot.core.ports import UnitOfWork
from bot.core.rights.actors import AccountKey, Platform
from bot.jobs.delivery import Outcome
from bot.platforms.web.metrics import Monitoring, Report, SharedReport
from tests.fakes.database import FakeDatabase
from tests.storage import build
from tests.world import START, FakeClock

HERE, ELSEWHERE = "127.0.0.1", "203.0.113.7"


async def _condition() -> Condition:
    clock = FakeClock()
    database = FakeDatabase(clock)

    def unit(uow: UnitOfWork) -> None:
        to = Destination.direct(AccountKey("slack", "T1/U-nora"))
        for number in range(3):
            uow.outbox.add(
                Notice(build.fresh_id(), str(number), "join_request:1", Audience.OUTCOME, to, START)
            )
        (dead, *_) = uow.outbox.take(str(to), START, worker="w", until=START, limit=1)
        uow.outbox.give_up(dead.id, START, error="gone")
        uow.jobs.save(jobs.after(None, "digests", START, 0.5, "OSError"))
        for of in ("1", "2"):
            stuck.put_off(uow, stuck.TrackedItem("join_request", of), "KeyError")

    await database.run(unit)
    clock.forward(timedelta(seconds=90))
    return await database.read(current_condition)


async def _asked(
    path: str,
    report: Report,
    *,
    peer: str = HERE,
    token: str = "",
    headers: dict[str, str] | None = None,
    base_url: str = "",
) -> httpx2.Response:
    async def looked() -> Report:
        return report

    monitoring = Monitoring(SharedReport(looked), token, base_url)
    monitoring.deliveries.tried(Platform.SLACK, Outcome.DELIVERED, 0.2)
    monitoring.deliveries.tried(Platform.SLACK, Outcome.POSTPONED, 0.2)
    transport = httpx2.ASGITransport(Starlette(routes=monitoring.routes()), client=(peer, 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        return await client.get(path, headers=headers)


@pytest.fixture
async def report() -> Report:
    return Report(
        await _condition(), migrated=True, workers={"delivery": True, "bulk": True}, fronts={"slack": 7}
    )


async def test_the_numbers(report: Report) -> None:
    said = (await _asked("/metrics", report)).text
    for line in (
        'homeroom_deliveries_total{outcome="delivered",platform="slack"} 1.0',
        'homeroom_deliveries_total{outcome="postponed",platform="slack"} 1.0',
        'homeroom_delivery_seconds_count{platform="slack"} 2.0',
        "homeroom_ready 1.0",
        'homeroom_worker_up{worker="delivery"} 1.0',
        'homeroom_front_failures{front="slack"} 7.0',
        "homeroom_outbox_waiting 2.0",
        "homeroom_outbox_due 2.0",
        "homeroom_outbox_dead 1.0",
        "homeroom_outbox_oldest_due_seconds 90.0",
        'homeroom_job_failures{job="digests"} 1.0',
        'homeroom_stuck{kind="join_request"} 2.0',
        'homeroom_build_info{version="',
        "process_resident_memory_bytes ",
        f'homeroom_job_last_run_timestamp_seconds{{job="digests"}} {START.timestamp():.9g}',
    ):
        assert line in said, said
    assert "nora" not in said


@pytest.mark.parametrize(
    ("peer", "token", "headers", "status"),
    [
        (HERE, "", {}, 200),
        ("::1", "", {}, 200),
        ("::ffff:127.0.0.1", "", {}, 200),
        ("::ffff:203.0.113.7", "", {}, 404),
        (HERE, "", {"X-Forwarded-For": ELSEWHERE}, 404),
        (HERE, "", {"Forwarded": "for=203.0.113.7"}, 404),
        (ELSEWHERE, "", {}, 404),
        (ELSEWHERE, "", {"Authorization": "Bearer "}, 404),
        (ELSEWHERE, "sesame", {"Authorization": "Bearer open"}, 404),
        (ELSEWHERE, "sesame", {}, 404),
        (ELSEWHERE, "sesame", {"Authorization": "Bearer sesame"}, 200),
        (HERE, "sesame", {"Authorization": "Bearer sesame", "X-Forwarded-For": ELSEWHERE}, 200),
    ],
)
async def test_who_may_read_them(
    report: Report, peer: str, token: str, headers: dict[str, str], status: int
) -> None:
    answer = await _asked("/metrics", report, peer=peer, token=token, headers=headers)
    assert answer.status_code == status
    ready = await _asked("/readyz", report, peer=peer, token=token, headers=headers)
    assert ready.status_code == 200
    assert (ready.text == "ready\n") is (status == 404), "strangers learn no numbers"


@pytest.mark.parametrize(
    ("base_url", "host", "status"),
    [
        ("http://localhost:8080", "localhost:8080", 200),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", 200),
        ("", "door.example.org", 404),
        ("https://door.example.org", "127.0.0.1:8080", 404),  # what nginx sends by default
        ("http://door.example.org", "127.0.0.1:8080", 404),
        ("https://localhost", "127.0.0.1:8080", 404),  # the server itself has no TLS, so there is a proxy
    ],
)
async def test_a_proxy_on_this_machine_that_says_nothing_of_itself_opens_nothing(
    report: Report, base_url: str, host: str, status: int
) -> None:
    for headers, expected in (({}, status), ({"Authorization": "Bearer sesame"}, 200)):
        named = {"Host": host, **headers}
        answer = await _asked("/metrics", report, token="sesame", headers=named, base_url=base_url)
        assert answer.status_code == expected
        ready = await _asked("/readyz", report, token="sesame", headers=named, base_url=base_url)
        assert (ready.text == "ready\n") is (expected == 404)


async def test_what_makes_a_process_not_ready(report: Report) -> None:
    well = await _asked("/readyz", report)
    assert "oldest due for: 90 s" in well.text
    assert "front slack: failed 7 times in a row" in well.text
    for broken, words in (
        (Report(None, migrated=False, workers={}), "database: does not answer"),
        (Report(report.condition, migrated=False, workers={}), "migrations: other"),
        (Report(report.condition, migrated=True, workers={"delivery": False}), "delivery: dead"),
    ):
        answer = await _asked("/readyz", broken)
        assert answer.status_code == 503
        assert words in answer.text
        assert "homeroom_ready 0.0" in (await _asked("/metrics", broken)).text


async def test_messages_that_wait_for_a_day_keep_nobody_out() -> None:
    late = Condition(START, OutboxState(5, 5, 9, START - timedelta(days=1)), (), {})
    assert (await _asked("/readyz", Report(late, migrated=True, workers={}))).status_code == 200


async def test_many_who_ask_at_once_are_one_look() -> None:
    looks: list[Report] = []
    go_on = asyncio.Event()

    async def look() -> Report:
        looks.append(Report(None, migrated=True, workers={}))
        await go_on.wait()
        return looks[-1]

    shared = SharedReport(look)
    asking = [asyncio.create_task(shared.report()) for _ in range(3)]
    asyncio.get_running_loop().call_soon(go_on.set)  # which comes after all three have asked
    assert [await one for one in asking] == looks * 3
    assert len(looks) == 1
    await shared.report()
    assert len(looks) == 2
