"""The background work: every job with its pause, and the room around them while they run."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog

from prepaid import worker
from prepaid.adapters import post_rooms
from prepaid.assembly.endings import begun_by_signal
from prepaid.flows import metering, signing_in
from prepaid.flows.deliveries import retention, unreadable
from prepaid.flows.deliveries.post_room import PostRoom
from prepaid.flows.desk import Desk
from prepaid.flows.proxying import following
from prepaid.flows.proxying import retention as proxied_retention
from prepaid.flows.proxying.passing import Proxy
from prepaid.flows.pruning import Keeper
from prepaid.flows.statements import runs as statement_runs
from prepaid.flows.topups import payment_events
from prepaid.flows.topups import topup as topups
from prepaid.sandbox.mailbox import Mailbox
from prepaid.settings import SANDBOX, SettingError, Settings
from prepaid.store.batching.hot import Unavailable
from prepaid.worker import Job

log = structlog.get_logger("prepaid.work")

STOP_S = 24.0  # for everything that is under way in the background
SEND_EVERY_S = 0.5  # other processes' messages are found by looking
WATCH_EVERY_S = 5.0
PRUNE_EVERY_S = 60.0
FORGET_EVERY_S = 5.0  # a look at twenty thousand rows; at once again while some may go
SWEEP_EVERY_S = 15.0  # whoever asks sees due holds expired anyway
FOLLOW_EVERY_S = 0.5
TOPUP_EVERY_S = 0.5
RECONCILE_EVERY_S = 60.0
STATEMENTS_EVERY_S = 60.0


def jobs(desk: Desk, proxy: Proxy | None = None) -> list[Job]:
    """The work that is due without anyone asking."""
    followed, keeper = [], Keeper(desk)
    if proxy is not None:
        followed = [Job("follow requests", FOLLOW_EVERY_S, lambda: following.follow(proxy))]
    return [
        *followed,
        Job("expire holds", SWEEP_EVERY_S, lambda: metering.sweep(desk)),
        Job("take steps of top-ups", TOPUP_EVERY_S, lambda: topups.work(desk)),
        Job("reconcile top-ups", RECONCILE_EVERY_S, lambda: payment_events.reconcile(desk)),
        Job("close statements", STATEMENTS_EVERY_S, lambda: statement_runs.run(desk)),
        Job("forget keys", FORGET_EVERY_S, keeper.keys),
        Job("forget marks of batches", FORGET_EVERY_S, keeper.marks),
        Job("forget spend", FORGET_EVERY_S, keeper.spend),
        Job("forget links and sessions", PRUNE_EVERY_S, lambda: signing_in.prune(desk)),
    ]


def post_jobs(settings: Settings, desk: Desk, room: PostRoom) -> list[Job]:
    """What is sent, and what is forgotten."""
    days = settings.retention_days
    found = [
        Job("send webhooks", SEND_EVERY_S, room.deliverer.turn, room.deliverer.wake),
        Job("watch the queue", WATCH_EVERY_S, room.watch),
        Job("prune messages", PRUNE_EVERY_S, lambda: retention.prune(desk, days)),
        Job("prune answers", PRUNE_EVERY_S, lambda: proxied_retention.prune(desk, days)),
    ]
    if room.postman is not None:
        found.append(Job("send mail", SEND_EVERY_S, room.postman.turn, room.postman.wake))
    return found


@asynccontextmanager
async def working(
    settings: Settings, desk: Desk, proxy: Proxy | None = None, mailbox: Mailbox | None = None
) -> AsyncIterator[PostRoom]:
    """The background work, for the length of the block; then what is in flight is finished."""
    desk.vault.start()
    room = post_rooms.post_room(
        desk,
        cidrs=settings.webhook_allowed_cidrs,
        smtp_url=settings.smtp_url,
        mail_from=settings.mail_from,
        public_url=settings.base_url,
        mailbox=mailbox,
    )
    await room.begin()
    await _warn_of_key(desk)
    stop = asyncio.Event()
    every = [*jobs(desk, proxy), *post_jobs(settings, desk, room)]
    work = asyncio.create_task(_work(every, stop, room), name="worker")
    try:
        with begun_by_signal(stop):
            yield room
    finally:
        stop.set()
        await work
        await desk.vault.stop()
        await desk.payments.close()


async def _warn_of_key(desk: Desk) -> None:
    """Say at the start that a restored database has another key: else webhooks fail in silence."""
    with suppress(Unavailable):  # found out by whoever asks next
        said = await unreadable.warning(desk)
        if said is not None:
            log.warning(said)


async def _work(every: Sequence[Job], stop: asyncio.Event, room: PostRoom) -> None:
    """Work until the stop; then end what is begun, as far as the time allows."""
    running = asyncio.create_task(worker.run(every, stop), name="jobs")
    await stop.wait()
    try:
        async with asyncio.timeout(STOP_S):
            await asyncio.gather(running, room.stop())
    except TimeoutError:
        # Like a crash, for which all of it is made: somebody else takes it up.
        log.warning("stopped before everything had ended")


def check_post(settings: Settings) -> None:
    """Try what webhooks and mail are sent with, before anything is begun.

    Raises:
        SettingError: one of their settings is wrong.
    """
    try:
        post_rooms.check(
            cidrs=settings.webhook_allowed_cidrs,
            smtp_url="" if settings.smtp_url == SANDBOX else settings.smtp_url,
            mail_from=settings.mail_from,
            public_url=settings.base_url,
        )
    except ValueError as error:
        raise SettingError(str(error)) from error
