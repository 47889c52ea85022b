"""`prepaid worker`: the background work in a process of its own, without the API."""

import asyncio
import signal
import socket

from prepaid import assembly
from prepaid.commands.console import fail, say
from prepaid.commands.database import Stopped, file_of, make_ready
from prepaid.commands.serve import check, listen_for_metrics, load, routes_of
from prepaid.domain.routing.routes import Routes
from prepaid.flows.deliveries.post_room import PostRoom
from prepaid.settings import SettingError, Settings


def work() -> None:
    """Do the background work without the API, beside any number of servers (PostgreSQL only)."""
    wanted = load()
    try:
        _check_is_shared(wanted)
        check(wanted)
        make_ready(wanted)
        routes = routes_of(wanted)
        port = listen_for_metrics(wanted)
    except (SettingError, Stopped) as error:
        raise fail(str(error)) from error
    assembly.log_to_stderr(wanted.log_level)
    asyncio.run(_run(wanted, routes, port))


def _check_is_shared(wanted: Settings) -> None:
    if file_of(wanted) is not None:
        message = (
            "a SQLite file is written by one process, and `prepaid serve` works in the background"
            " itself; set PREPAID_DATABASE_URL to a PostgreSQL server for workers"
        )
        raise Stopped(message)


async def _run(wanted: Settings, routes: Routes, port: socket.socket | None) -> None:
    counting = assembly.Counting(port=port)
    rooms: list[PostRoom] = []
    desk = assembly.open_desk(wanted)
    proxy, beside = assembly.open_proxy(desk, routes)
    counts = assembly.metrics(desk, rooms, counting)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        assembly.counted(desk, counts, counting),
        beside(),
        assembly.working(wanted, desk, proxy) as room,
    ):
        rooms.append(room)
        say("Working; stop with Ctrl-C.")
        await stop.wait()
    await proxy.close()
