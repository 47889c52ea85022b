"""The only place where real parts are chosen and joined."""

import asyncio
import logging
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette

from prepaid import settings as configuration
from prepaid import worker
from prepaid.flows import metering
from prepaid.flows.desk import Desk
from prepaid.settings import Settings
from prepaid.store.vault import Vault, open_database
from prepaid.web import app
from prepaid.web.metrics import Metrics, Reading
from prepaid.worker import Job

SWEEP_EVERY_S = 1.0


def clock() -> int:
    """This machine's time, in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def open_desk(settings: Settings) -> Desk:
    """The desk on the database of the settings.

    Raises:
        FileInUse: another process writes the SQLite file.
    """
    vault = Vault(open_database(settings.database_url, settings.lanes))
    return Desk(vault=vault, clock=clock, token=secrets.token_bytes)


def jobs(desk: Desk) -> list[Job]:
    """The work that is due without anyone asking."""
    return [Job("expire holds", SWEEP_EVERY_S, lambda: metering.sweep(desk))]


def application(settings: Settings, desk: Desk) -> app.FrontDoor:
    """The service: its front door, with the worker beside it while it runs."""

    @asynccontextmanager
    async def lifespan(_inside: Starlette) -> AsyncIterator[None]:
        desk.vault.start()
        stop = asyncio.Event()
        work = asyncio.create_task(worker.run(jobs(desk), stop), name="worker")
        yield
        stop.set()
        await work
        await desk.vault.stop()

    return app.build(
        desk,
        operator_key=settings.operator_key,
        public_url=settings.public_url,
        metrics=Metrics(lambda: _readings(desk.vault)),
        lifespan=lifespan,
    )


def serving(settings: Settings | None = None) -> app.FrontDoor:
    """The service by these settings, or by the environment's: so in each process of `serve`."""
    settings = settings or configuration.load()
    configuration.check_for_production(settings)
    log_to_stderr(settings.log_level)
    return application(settings, open_desk(settings))


def log_to_stderr(level: str) -> None:
    """One JSON line per event."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _readings(vault: Vault) -> Iterable[Reading]:
    writers = vault.writers
    yield "gauge", "prepaid_commands_waiting", "Waiting", sum(w.depth for w in writers)
    yield "counter", "prepaid_batches", "Batches committed", sum(w.batches for w in writers)
    yield "counter", "prepaid_commands", "Commands answered", sum(w.commands for w in writers)
