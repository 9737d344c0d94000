"""The pages for monitoring: /metrics for Prometheus, /readyz for load balancers.

No label of a metric is a name or an address of a person.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.core.condition import Condition
from bot.core.values import dataclass, field
from bot.core.version import version
from bot.platforms.web import pages
from bot.platforms.web.this_machine import comes_from_this_machine, is_of_this_machine

# The buckets of a delivery's duration in seconds, from a quick answer up to the longest wait.
_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
# After this many seconds without an answer, the database is reported as not answering.
_WITHIN = 3.0


class Deliveries:
    """Counts attempts to deliver notices; see `bot.jobs.delivery.Observer`."""

    def __init__(self) -> None:
        """Make the metrics, in a registry of their own."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, open files, processor time, start time
        Gauge("homeroom_build_info", "Which version runs", ["version"], registry=self.registry).labels(
            version()
        ).set(1)
        self._tries = Counter(
            "homeroom_deliveries",
            "Tries to deliver a message",
            ["platform", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "homeroom_delivery_seconds",
            "How long a try took",
            ["platform"],
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def tried(self, platform: str, outcome: str, seconds: float) -> None:
        """Count an attempt, and how many seconds it took."""
        self._tries.labels(platform, outcome).inc()
        self._seconds.labels(platform).observe(seconds)


@dataclass(frozen=True, slots=True)
class Report:
    """The state of this process and its database; `condition` is None if the database does not answer.

    `file_lost` says that the file of an SQLite database was deleted, moved or replaced.
    """

    condition: Condition | None
    migrated: bool
    workers: Mapping[str, bool]
    fronts: Mapping[str, int] = field(default_factory=dict)
    file_lost: bool = False

    @property
    def ready(self) -> bool:
        """Whether a load balancer can send people here; waiting messages are no reason not to."""
        usable = self.condition is not None and self.migrated and not self.file_lost
        return usable and all(self.workers.values())


class SharedReport:
    """Shares one report among concurrent requests, because balancers ask often, and strangers can, too."""

    def __init__(self, look: Callable[[], Awaitable[Report]]) -> None:
        """Take the function that makes a report."""
        self._look = look
        self._under_way: asyncio.Task[Report] | None = None

    async def report(self) -> Report:
        """Return a new report, or the one that is just being made."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.create_task(self._looked())
        return await asyncio.shield(self._under_way)

    async def _looked(self) -> Report:
        try:
            async with asyncio.timeout(_WITHIN):
                return await self._look()
        except TimeoutError:
            return Report(None, migrated=False, workers={})


@dataclass(frozen=True, slots=True)
class Monitoring:
    """Serves `/readyz` and `/metrics`; their details need the token.

    Without a public address, requests from this machine get them as well. With one, there may be a proxy on
    this machine that does not say so, and then all requests seem to come from here.
    """

    shared: SharedReport
    token: str = field(default="", repr=False)
    base_url: str = ""
    deliveries: Deliveries = field(default_factory=Deliveries)

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/readyz", self._ready, methods=["GET"]),
            Route("/metrics", self._metrics, methods=["GET"]),
        ]

    async def _ready(self, request: Request) -> Response:
        report = await self.shared.report()
        lines = [
            "ready" if report.ready else "not ready",
            *(_lines(report) if self._may_see_details(request) else ()),
        ]
        return PlainTextResponse("\n".join(lines) + "\n", status_code=200 if report.ready else 503)

    async def _metrics(self, request: Request) -> Response:
        if not self._may_see_details(request):
            return pages.not_found()
        now = _gauges(await self.shared.report())
        body = generate_latest(self.deliveries.registry) + generate_latest(now)
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    def _may_see_details(self, request: Request) -> bool:
        """Tell whether a request may see details: it has the token, or comes from this machine itself."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.token and hmac.compare_digest(given.encode(), self.token.encode()):
            return True
        return is_of_this_machine(self.base_url) and comes_from_this_machine(request)


def _lines(report: Report) -> list[str]:
    workers = [f"{name}: {'working' if alive else 'dead'}" for name, alive in report.workers.items()]
    workers += [
        f"front {name}: failed {times} times in a row" for name, times in report.fronts.items() if times
    ]
    condition = report.condition
    if condition is None:
        return ["database: does not answer", *workers]
    return [
        "database: its file was lost, see the log" if report.file_lost else "database: answers",
        f"migrations: {'current' if report.migrated else 'other than this version needs'}",
        *workers,
        f"messages waiting: {condition.outbox.waiting}",
        f"oldest due for: {condition.behind.total_seconds():.0f} s",
        f"messages undelivered: {condition.outbox.dead}",
        f"things that break and are put off: {sum(condition.stuck.values())}",
    ]


def _gauges(report: Report) -> CollectorRegistry:
    """Return a registry with the gauges of a report, made for one response."""
    made = CollectorRegistry()

    def gauge(name: str, about: str, values: Mapping[str, float], label: str) -> None:
        shown = Gauge(f"homeroom_{name}", about, [label], registry=made)
        for key, value in values.items():
            shown.labels(key).set(value)

    Gauge("homeroom_ready", "Whether people can be sent here", registry=made).set(report.ready)
    gauge("worker_up", "Whether a worker of this process is running", dict(report.workers), "worker")
    gauge("front_failures", "Failures of a front since it last ran well", dict(report.fronts), "front")
    if (condition := report.condition) is None:
        return made
    numbers = {
        "outbox_waiting": ("Messages that wait", condition.outbox.waiting),
        "outbox_due": ("Messages that are due", condition.outbox.due),
        "outbox_dead": ("Messages that are undelivered", condition.outbox.dead),
        "outbox_oldest_due_seconds": ("For how long the oldest is due", condition.behind.total_seconds()),
    }
    for name, (about, value) in numbers.items():
        Gauge(f"homeroom_{name}", about, registry=made).set(value)
    gauge("stuck", "Pieces of work that keep failing and are retried later", condition.stuck, "kind")
    jobs = condition.jobs
    ran = {one.name: one.ran_at.timestamp() for one in jobs}
    well = {one.name: one.succeeded_at.timestamp() for one in jobs if one.succeeded_at}
    gauge("job_last_run_timestamp_seconds", "When a job last ran, in whichever replica", ran, "job")
    gauge("job_last_success_timestamp_seconds", "When a job last succeeded", well, "job")
    gauge("job_seconds", "How long a job's last run took", {one.name: one.seconds for one in jobs}, "job")
    gauge("job_failures", "Runs since a job last succeeded", {one.name: one.failures for one in jobs}, "job")
    return made
