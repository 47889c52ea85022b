"""A closing that is killed at a step: `python -m tests.statements.closing URL ACCOUNT STEP`."""

import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from prepaid.domain.ids import AccountId
from prepaid.flows.desk import Desk
from prepaid.flows.statements import closing as statement_closing
from prepaid.store.vault import Connection, Vault, open_database

# Where the process ends: before it writes to a table, before the COMMIT, and after it.
TABLES = ("statement_month", "statement", "statement_line", "message", "mail")
STEPS = (*TABLES, "before commit", "after commit")


def die() -> None:
    """`kill -9`, by its own hand, so that the moment is exact."""
    os.kill(os.getpid(), signal.SIGKILL)


def break_vault(vault: Vault, step: str) -> None:
    """The process ends at the step of its second closing."""
    write, seen = vault.write, 0

    async def faulty(function: Callable[[Connection], Any], **options: Any) -> Any:
        nonlocal seen
        seen += 1
        is_last = seen == 2  # the first month is closed whole

        def work(connection: Connection) -> Any:
            if is_last and step in TABLES:
                event.listen(connection, "before_cursor_execute", before)
            done = function(connection)
            if is_last and step == "before commit":
                die()
            return done

        result = await write(work, **options)
        if is_last:
            assert step == "after commit", f"{step} was not passed"
            die()
        return result

    def before(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(f"INSERT INTO {step} "):
            die()

    vault.write = faulty  # type: ignore[method-assign]


async def main(url: str, account: AccountId, step: str) -> None:
    """Close every month that is over."""
    vault = Vault(open_database(url))
    desk = Desk(vault, lambda: time.time_ns() // 1000, secrets.token_bytes)
    vault.start()
    break_vault(vault, step)
    await statement_closing.close(desk, account)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
