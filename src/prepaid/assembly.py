"""The only place where real parts are chosen and joined."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path

from starlette.applications import Starlette

from prepaid import settings as configuration
from prepaid import worker
from prepaid.adapters import logs, post_rooms
from prepaid.adapters.seals import Seals as Sealer
from prepaid.adapters.stripe_payments import StripePayments
from prepaid.adapters.upstream import HttpUpstreams
from prepaid.domain.routing import file
from prepaid.domain.routing.routes import Routes
from prepaid.flows import following, metering, payment_events, retention, topups
from prepaid.flows.desk import UNSEALED, Desk
from prepaid.flows.errands import Ways
from prepaid.flows.metering import KeyRing
from prepaid.flows.passing import Proxy
from prepaid.flows.payments import Payments
from prepaid.flows.post_room import PostRoom
from prepaid.flows.secrets import Seals
from prepaid.sandbox import serving as sandbox_serving
from prepaid.sandbox.mailbox import Mailbox
from prepaid.sandbox.payment_ledger import payment_file
from prepaid.sandbox.payments import SandboxPayments
from prepaid.sandbox.receiver import Sandbox
from prepaid.sandbox.register import register
from prepaid.settings import SettingError, Settings
from prepaid.store.locations import sqlite_path
from prepaid.store.vault import Vault, open_database
from prepaid.web import app
from prepaid.web.metrics import Metrics, Reading
from prepaid.worker import Job

log_to_stderr = logs.to_stderr

SANDBOX = "sandbox"  # in place of a mail server's URL
SEND_EVERY_S = 0.5  # other processes' messages are found by looking
WATCH_EVERY_S = 5.0
PRUNE_EVERY_S = 60.0
SWEEP_EVERY_S = 15.0  # whoever asks sees due holds expired anyway
ROUTES_FILE = Path(__file__).parent / "routes.toml"
FOLLOW_EVERY_S = 0.5
TOPUP_EVERY_S = 0.5
RECONCILE_EVERY_S = 60.0


def clock() -> int:
    """This machine's time, in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def open_desk(settings: Settings) -> Desk:
    """The desk on the database of the settings.

    Raises:
        FileInUse: another process writes the SQLite file.
    """
    vault = Vault(open_database(settings.database_url, settings.lanes))
    return Desk(
        vault,
        clock,
        secrets.token_bytes,
        _payments(settings),
        seals=_seals(settings),
        allows_http=settings.webhook_allow_http,
        sends_mail=bool(settings.smtp_url),
    )


def _seals(settings: Settings) -> Seals:
    """What encrypts secrets; commands that meet none need no key."""
    keys = [key for key in (settings.secret_key, settings.secret_key_old) if key]
    return Sealer(*keys) if keys else UNSEALED


def _payments(settings: Settings) -> Payments:
    """Who takes the money: of sandbox accounts always the sandbox."""
    is_sandbox, secret = settings.payments == SANDBOX, settings.stripe_webhook_secret
    ledger = payment_file(settings.sandbox_ledger, sqlite_path(settings.database_url))
    sandbox = SandboxPayments(ledger, secret.encode() if is_sandbox and secret else None)
    if settings.payments != "stripe":
        return Payments(sandbox if is_sandbox else None, sandbox)
    real = StripePayments(settings.stripe_api_key, secret, api_base=settings.stripe_api_base)
    return Payments(real, sandbox)


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


def load_routes(settings: Settings) -> Routes:
    """The routes of the metering proxy.

    Raises:
        WrongRoutes: with the line, and what is wrong there.
        SettingError: the file cannot be read.
    """
    path = Path(settings.routes) if settings.routes else ROUTES_FILE
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise SettingError(f"PREPAID_ROUTES: {path} cannot be read: {reason}") from error
    return file.parse(text)


def open_proxy(
    desk: Desk, routes: Routes
) -> tuple[Proxy, Callable[[], AbstractAsyncContextManager[None]]]:
    """The proxy, and what serves the register that ships beside it, when a route leads there."""
    addresses = {name: upstream.url for name, upstream in routes.upstreams.items()}
    ways = Ways(routes.upstreams, addresses)
    proxy = Proxy(desk, KeyRing(desk), routes, ways, HttpUpstreams())
    ours = [name for name, upstream in routes.upstreams.items() if upstream.is_sandbox]

    def beside() -> AbstractAsyncContextManager[None]:
        if not ours:
            return nullcontext()
        place = sandbox_serving.listening()
        addresses.update(dict.fromkeys(ours, sandbox_serving.address(place)))
        return sandbox_serving.served(register(), place)

    return proxy, beside


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


def application(settings: Settings, desk: Desk) -> app.FrontDoor:
    """The service: its front door, with the worker beside it while it runs.

    Raises:
        WrongRoutes: the routes file is wrong.
    """
    proxy, beside = open_proxy(desk, load_routes(settings))

    sandbox = Sandbox(Mailbox()) if settings.smtp_url == SANDBOX else None
    rooms: list[PostRoom] = []

    @asynccontextmanager
    async def lifespan(_inside: Starlette) -> AsyncIterator[None]:
        mailbox = None if sandbox is None else sandbox.mailbox
        async with working(settings, desk, proxy, mailbox) as room, beside():
            rooms.append(room)
            yield
            await proxy.close()

    return app.build(
        desk,
        operator_key=settings.operator_key,
        public_url=settings.public_url,
        metrics=Metrics(lambda: _readings(desk.vault, rooms)),
        beside=[] if sandbox is None else sandbox.routes(),
        lifespan=lifespan,
        proxy=proxy,
        workspace_header=settings.workspace_header,
    )


def serving(settings: Settings | None = None) -> app.FrontDoor:
    """The service by these settings, or by the environment's: so in each process of `serve`."""
    settings = settings or configuration.load()
    configuration.check_for_production(settings)
    check_post(settings)
    log_to_stderr(settings.log_level)
    return application(settings, open_desk(settings))


def _readings(vault: Vault, rooms: Iterable[PostRoom]) -> Iterable[Reading]:
    writers = vault.writers
    yield "gauge", "prepaid_commands_waiting", "Waiting", sum(w.depth for w in writers)
    yield "counter", "prepaid_batches", "Batches committed", sum(w.batches for w in writers)
    yield "counter", "prepaid_commands", "Commands answered", sum(w.commands for w in writers)
    for room in rooms:
        yield from room.readings()
