"""The service: the front door with the worker beside it."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from prepaid import settings as configuration
from prepaid.adapters import logs
from prepaid.assembly import heap
from prepaid.assembly.cookie_keys import cookie_keys
from prepaid.assembly.counting import ALONE, Counting, counted, metrics
from prepaid.assembly.desks import open_desk
from prepaid.assembly.proxies import load_routes, open_proxy
from prepaid.assembly.work import check_post, working
from prepaid.flows.deliveries.post_room import PostRoom
from prepaid.flows.desk import Desk
from prepaid.sandbox.mailbox import Mailbox
from prepaid.sandbox.receiver import Sandbox
from prepaid.settings import SANDBOX, Settings
from prepaid.web import app

COLLECT_EVERY = 20_000  # objects made and not yet freed


def application(settings: Settings, desk: Desk, counting: Counting = ALONE) -> app.FrontDoor:
    """The service: its front door, with the worker beside it while it runs.

    Raises:
        WrongRoutes: the routes file is wrong.
    """
    proxy, beside = open_proxy(desk, load_routes(settings))

    sandbox = Sandbox(Mailbox()) if settings.smtp_url == SANDBOX else None
    rooms: list[PostRoom] = []
    counts = metrics(desk, rooms, counting)

    @asynccontextmanager
    async def lifespan(_inside: Starlette) -> AsyncIterator[None]:
        mailbox = None if sandbox is None else sandbox.mailbox
        async with (
            counted(desk, counts, counting),
            working(settings, desk, proxy, mailbox) as room,
            beside(),
        ):
            rooms.append(room)
            heap.settle()
            yield
            await proxy.close()

    return app.build(
        desk,
        operator_key=settings.operator_key,
        public_url=settings.base_url,
        metrics=counts,
        beside=[] if sandbox is None else sandbox.routes(),
        lifespan=lifespan,
        proxy=proxy,
        workspace_header=settings.workspace_header,
        cookie_keys=cookie_keys(settings),
    )


def serving(settings: Settings | None = None, counting: Counting = ALONE) -> app.FrontDoor:
    """The service by these settings, or by the environment's: so in each process of `serve`."""
    settings = settings or configuration.load()
    configuration.check_for_production(settings)
    check_post(settings)
    logs.to_stderr(settings.log_level)
    service = application(settings, open_desk(settings), counting)
    _collect_seldom()
    return service


def _collect_seldom() -> None:
    """Look for cycles of garbage every 20 000 objects, not every 700, and not in what stays.

    Hundreds of requests wait for one commit, so young objects live long enough to be searched
    again and again: that was 6 % of a charge's time. What a request makes has no cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY, 20, 20)
