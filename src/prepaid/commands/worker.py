"""`prepaid worker`: the background work in a process of its own, without HTTP."""

import asyncio
import signal

from prepaid import assembly, settings
from prepaid.commands.console import fail, say
from prepaid.commands.database import Stopped, file_of, make_ready
from prepaid.commands.serve import load, routes_of
from prepaid.domain.routing.routes import Routes
from prepaid.settings import SettingError, Settings


def work() -> None:
    """Do the background work without HTTP, beside any number of servers (PostgreSQL only)."""
    wanted = load()
    try:
        is_file = file_of(wanted) is not None
        if not is_file:
            make_ready(wanted)
    except Stopped as stopped:
        raise fail(str(stopped)) from stopped
    if is_file:
        message = (
            "a SQLite file is written by one process, and `prepaid serve` works in the background"
            " itself; set PREPAID_DATABASE_URL to a PostgreSQL server for workers"
        )
        raise fail(message)
    try:
        settings.check_for_production(wanted)
        assembly.check_post(wanted)
        routes = routes_of(wanted)
    except (SettingError, Stopped) as error:
        raise fail(str(error)) from error
    assembly.log_to_stderr(wanted.log_level)
    asyncio.run(_run(wanted, routes))


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
