"""Routes that need no key: whether it lives, whether it can work, and what is counted."""

from prepaid.flows import health
from prepaid.web.metrics import Metrics
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Ok, Shape


class ReadyShape(Shape, frozen=True, kw_only=True):
    """Whether requests can be served now."""

    ok: bool
    database: str
    warnings: list[str]  # what wants looking at, though requests are served


async def healthz(_call: Call) -> Answer:
    """The process answers."""
    return Answer(Ok())


async def readyz(call: Call) -> Answer:
    """The database answers too; 503 when it does not."""
    found = await health.ready(call.desk)
    return Answer(ReadyShape(ok=True, database=found.database, warnings=found.warnings))


def routes(metrics: Metrics) -> list[Route]:
    """The routes, with the metrics of this process."""

    async def exposition(_call: Call) -> Answer:
        """Everything that is counted."""
        return Answer(metrics.text(), headers=(("content-type", "text/plain; version=0.0.4"),))

    return [
        Route("GET", "/healthz", healthz, "The process lives", who="anyone", answer=Ok),
        Route("GET", "/readyz", readyz, "Requests can be served", who="anyone", answer=ReadyShape),
        Route("GET", "/metrics", exposition, "Prometheus metrics", answer=bytes),
    ]
