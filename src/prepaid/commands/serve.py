"""`prepaid serve` and `prepaid migrate`: run the service, bring its tables up to date."""

from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from prepaid import assembly, settings
from prepaid.commands.console import fail, say
from prepaid.settings import SettingError, Settings
from prepaid.store.locations import sqlite_path
from prepaid.store.migrate import upgrade
from prepaid.store.sqlite import FileInUse

GRACE_S = 25  # what a stop waits for requests in flight

Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes; more than 1: PostgreSQL")]


def load() -> Settings:
    """The settings, or an end with the reason."""
    try:
        return settings.load()
    except SettingError as error:
        raise fail(str(error)) from error


def serve(workers: Workers = 1) -> None:
    """Serve the API, with the background worker in the same process."""
    wanted = load()
    try:
        settings.check_for_production(wanted)
        is_file = sqlite_path(wanted.database_url) is not None
    except (SettingError, ValueError) as error:
        raise fail(str(error)) from error
    if workers > 1 and is_file:
        message = (
            "a SQLite file is written by one process: start one, or set PREPAID_DATABASE_URL"
            " to a PostgreSQL server for several"
        )
        raise fail(message)
    run(wanted, workers)


def run(wanted: Settings, workers: int = 1) -> None:
    """Run the server until it is told to stop."""
    try:
        upgrade(wanted.database_url)
        application = "prepaid.assembly:serving" if workers > 1 else assembly.serving(wanted)
    except FileInUse as error:
        raise fail(f"{error}; stop it first") from error
    config = uvicorn.Config(
        application,
        factory=workers > 1,
        workers=workers,
        host=wanted.host,
        port=wanted.port,
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    listening = config.bind_socket()
    host, port = listening.getsockname()[:2]
    say(f"Listening on http://{host}:{port}")
    server = uvicorn.Server(config)
    if workers > 1:
        Multiprocess(config, sockets=[listening]).run()
    else:
        server.run(sockets=[listening])


def migrate() -> None:
    """Make or bring up to date the tables of the database."""
    wanted = load()
    try:
        upgrade(wanted.database_url)
    except ValueError as error:
        raise fail(str(error)) from error
    say("The tables are up to date.")
