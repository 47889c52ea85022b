"""`prepaid serve` and `prepaid migrate`: run the service, bring its tables up to date."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NoReturn

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from prepaid import assembly, settings
from prepaid.commands.console import fail, say, warn
from prepaid.commands.database import Stopped, file_of, make_ready, tell_address
from prepaid.domain.routing.file import WrongRoutes
from prepaid.domain.routing.routes import Routes
from prepaid.settings import SettingError, Settings
from prepaid.store.sqlite.files import FileInUse
from prepaid.web.app import FrontDoor
from prepaid.web.hot_wire import HotProtocol
from prepaid.web.proxy import PathTaken

BACKLOG = 2_048
GRACE_S = 25  # what a stop waits for requests in flight

Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes; more than 1: PostgreSQL")]


def load() -> Settings:
    """The settings, or an end with the reason. Names that are none are warned of."""
    for hint in settings.unknown():
        warn(hint)
    try:
        return settings.load()
    except SettingError as error:
        raise fail(str(error)) from error


def serve(workers: Workers = 1) -> None:
    """Serve the API, with the background worker in the same process."""
    wanted = load()
    try:
        _check_workers(wanted, workers)
        check(wanted)
        run(wanted, workers)
    except (SettingError, Stopped) as error:
        raise fail(str(error)) from error


def _check_workers(wanted: Settings, workers: int) -> None:
    if workers > 1 and file_of(wanted) is not None:
        message = (
            "a SQLite file is written by one process: start one, or set PREPAID_DATABASE_URL"
            " to a PostgreSQL server for several"
        )
        raise Stopped(message)


def routes_of(wanted: Settings) -> Routes:
    """The routes of the proxy.

    Raises:
        Stopped: the file is wrong, with its line and the reason.
        SettingError: it cannot be read.
    """
    try:
        return assembly.load_routes(wanted)
    except WrongRoutes as error:
        message = f"{wanted.routes or 'the routes file'}, {error}"
        raise Stopped(message) from error


def check(wanted: Settings) -> None:
    """Try the secrets, the routes file, the post and the fonts, before the database is touched.

    Raises:
        Stopped: the routes file is wrong.
        SettingError: a setting is missing or wrong.
    """
    settings.check_for_production(wanted)
    routes_of(wanted)
    assembly.check_post(wanted)
    assembly.check_printer(wanted)


def listen(wanted: Settings, port: int | None = None) -> socket.socket:
    """Take the port, or another one of the same address.

    Raises:
        Stopped: it cannot be used.
    """
    port = wanted.port if port is None else port
    try:
        return socket.create_server((wanted.host, port), backlog=BACKLOG)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]  # Python adds the address again
        message = f"port {port} of {wanted.host} cannot be used: {reason}"
        raise Stopped(message) from error


def listen_for_metrics(wanted: Settings) -> socket.socket | None:
    """Take the port of those who watch, and say where it is; None if there is to be none.

    Raises:
        Stopped: it cannot be used.
    """
    if wanted.metrics_port is None:
        return None
    listening = listen(wanted, wanted.metrics_port)
    host, port = listening.getsockname()[:2]
    say(f"Metrics on http://{host}:{port}/metrics")
    return listening


@contextmanager
def counting(wanted: Settings, workers: int) -> Iterator[assembly.Counting]:
    """How the processes count, with a folder for it while there are several.

    Raises:
        Stopped: the port cannot be used, or no folder made.
    """
    port = listen_for_metrics(wanted)
    if workers == 1:
        yield assembly.Counting(port=port)
        return
    try:
        folder = TemporaryDirectory(prefix="prepaid-metrics-")
    except OSError as error:
        message = f"several processes count in a temporary folder, and none can be made: {error}"
        raise Stopped(message) from error
    with folder as name, assembly.kept(Path(name)) as path:
        yield assembly.Counting(path, port)


def run(wanted: Settings, workers: int = 1, listening: socket.socket | None = None) -> None:
    """Run the server until it is told to stop; without a socket it takes its port itself.

    Raises:
        Stopped: the database or the port cannot be used.
    """
    try:
        make_ready(wanted)
        with counting(wanted, workers) as counts:
            several = partial(assembly.serving, counting=counts)  # each reads the settings itself
            application = several if workers > 1 else assembly.serving(wanted, counts)
            _serve(wanted, application, workers, listening or listen(wanted))
    except FileInUse as error:
        message = f"{error}; stop it first"
        raise Stopped(message) from error
    except PathTaken as error:
        message = f"the routes file: the path of route {error} belongs to the service"
        raise Stopped(message) from error


def _serve(
    wanted: Settings,
    application: FrontDoor | Callable[[], FrontDoor],
    workers: int,
    listening: socket.socket,
) -> None:
    config = uvicorn.Config(
        application,
        factory=workers > 1,
        workers=workers,
        http=HotProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=wanted.trusted_proxies,
        timeout_graceful_shutdown=GRACE_S,
    )
    # The server takes signals over, and raises them once more when it has stopped: it has been
    # obeyed by then. Before it does, a stop is as good: process 1 of a container would not hear it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _obey)
    host, port = listening.getsockname()[:2]
    tell_address(wanted, f"http://{host}:{port}")
    say(f"Listening on http://{host}:{port}")
    if workers > 1:
        Multiprocess(config, sockets=[listening]).run()
    else:
        uvicorn.Server(config).run(sockets=[listening])


def _obey(*_: object) -> NoReturn:
    raise SystemExit(0)


def migrate() -> None:
    """Make or bring up to date the tables of the database."""
    try:
        make_ready(load())
    except (Stopped, FileInUse) as error:
        raise fail(str(error)) from error
    say("The tables are up to date.")
