"""`prepaid worker`: the background work in a process of its own, without HTTP."""

import asyncio
import signal

from prepaid import assembly
from prepaid.commands.console import fail, say
from prepaid.commands.database import Stopped, file_of, make_ready
from prepaid.commands.serve import check, load, routes_of
from prepaid.domain.routing.routes import Routes
from prepaid.settings import SettingError, Settings


def work() -> None:
    """Do the background work without HTTP, beside any number of servers (PostgreSQL only)."""
    wanted = load()
    try:
        _check_is_shared(wanted)
        check(wanted)
        make_ready(wanted)
        routes = routes_of(wanted)
    except (SettingError, Stopped) as error:
        raise fail(str(error)) from error
    assembly.log_to_stderr(wanted.log_level)
    asyncio.run(_run(wanted, routes))


def _check_is_shared(wanted: Settings) -> None:
    if file_of(wanted) is not None:
        message = (
            "a SQLite file is written by one process, and `prepaid serve` works in the background"
            " itself; set PREPAID_DATABASE_URL to a PostgreSQL server for workers"
        )
        raise Stopped(message)


async def _run(wanted: Settings, routes: Routes) -> None:
    desk = assembly.open_desk(wanted)
    proxy, beside = assembly.open_proxy(desk, routes)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with beside(), assembly.working(wanted, desk, proxy):
        say("Working; stop with Ctrl-C.")
        await stop.wait()
    await proxy.close()
