"""What tells the tables' revision agrees with what changes them, and costs a server no memory."""

import subprocess
import sys

from alembic.script import ScriptDirectory

from prepaid.store import migrate, snapshots
from prepaid.store.revisions import newest_revision

IDLE = """
import sys
from prepaid import __main__, assembly
from prepaid.commands.database import make_ready
from prepaid.settings import Settings
wanted = Settings(database_url=sys.argv[1], operator_key="o" * 20, secret_key="s" * 40)
make_ready(wanted)
assembly.application(wanted, assembly.open_desk(wanted))
print(sorted({"alembic", "asyncpg", "mako", "sqlalchemy.orm", "stripe"} & sys.modules.keys()))
"""


def test_the_newest_revision_is_the_head_of_the_migrations() -> None:
    """One that is misnumbered would never be carried out."""
    assert newest_revision() == ScriptDirectory.from_config(migrate.config()).get_current_head()


async def test_the_revision_of_a_database_is_read(database_url: str) -> None:
    async with snapshots.opened(database_url) as database:
        assert await database.read(snapshots.revision) == newest_revision()


async def test_a_database_without_tables_has_none(postgres_url: str) -> None:
    async with snapshots.opened(postgres_url) as database:
        assert await database.read(snapshots.revision) is None


def test_a_server_on_a_file_keeps_nothing_that_it_does_not_use(migrated_sqlite_url: str) -> None:
    """What changes tables, and the drivers of the other database, are 18 MiB."""
    done = subprocess.run(
        [sys.executable, "-c", IDLE, migrated_sqlite_url],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.strip() == "[]"
