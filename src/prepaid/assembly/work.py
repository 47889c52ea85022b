"""The background work: every job with its pause, and the room around them while they run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prepaid import worker
from prepaid.adapters import post_rooms
from prepaid.flows import following, metering, payment_events, retention, topups
from prepaid.flows.desk import Desk
from prepaid.flows.passing import Proxy
from prepaid.flows.post_room import PostRoom
from prepaid.sandbox.mailbox import Mailbox
from prepaid.settings import SANDBOX, SettingError, Settings
from prepaid.worker import Job

SEND_EVERY_S = 0.5  # other processes' messages are found by looking
WATCH_EVERY_S = 5.0
PRUNE_EVERY_S = 60.0
SWEEP_EVERY_S = 15.0  # whoever asks sees due holds expired anyway
FOLLOW_EVERY_S = 0.5
TOPUP_EVERY_S = 0.5
RECONCILE_EVERY_S = 60.0


def jobs(desk: Desk, proxy: Proxy | None = None) -> list[Job]:
    """The work that is due without anyone asking."""
    followed = []
    if proxy is not None:
        followed = [Job("follow requests", FOLLOW_EVERY_S, lambda: following.follow(proxy))]
    return [
        *followed,
        Job("expire holds", SWEEP_EVERY_S, lambda: metering.sweep(desk)),
        Job("take steps of top-ups", TOPUP_EVERY_S, lambda: topups.work(desk)),
        Job("reconcile top-ups", RECONCILE_EVERY_S, lambda: payment_events.reconcile(desk)),
    ]


def post_jobs(settings: Settings, desk: Desk, room: PostRoom) -> list[Job]:
    """What is sent, and what is forgotten."""
    days = settings.retention_days
    found = [
        Job("send webhooks", SEND_EVERY_S, room.deliverer.turn, room.deliverer.wake),
        Job("watch the queue", WATCH_EVERY_S, room.watch),
        Job("prune messages", PRUNE_EVERY_S, lambda: retention.prune(desk, days)),
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
        public_url=settings.public_url,
        mailbox=mailbox,
    )
    await room.begin()
    stop = asyncio.Event()
    every = [*jobs(desk, proxy), *post_jobs(settings, desk, room)]
    work = asyncio.create_task(worker.run(every, stop), name="worker")
    try:
        yield room
    finally:
        stop.set()
        await work
        await room.stop()
        await desk.vault.stop()
        await desk.payments.close()


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
            public_url=settings.public_url,
        )
    except ValueError as error:
        raise SettingError(str(error)) from error
