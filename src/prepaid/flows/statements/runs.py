"""The automatic monthly run: closes the months of accounts that asked for it, and tells them."""

from functools import partial

import structlog

from prepaid.domain import ids
from prepaid.domain.instants import MINUTE
from prepaid.flows.desk import Desk
from prepaid.flows.statements import closing as statement_closing
from prepaid.store.statements import settings as statement_settings
from prepaid.store.statements.settings import Due
from prepaid.store.vault import Connection

log = structlog.get_logger("prepaid.statements")

ACCOUNTS_AT_ONCE = 100
AGAIN_IN = 10 * MINUTE  # holds are still open, or something went wrong


async def run(desk: Desk) -> int:
    """One step; how many months were closed. Again at once while there are more accounts.

    Two workers may meet at one account: the lock lets one close the month, the other finds it
    closed. An account that fails waits, so that it keeps nobody else waiting.
    """

    def due(connection: Connection) -> list[Due]:
        now = desk.vault.clock(connection)
        return statement_settings.due(connection, now, ACCOUNTS_AT_ONCE)

    done = 0
    for looked in await desk.vault.read(due):
        closed = await _close(desk, looked)
        if not closed:
            await desk.vault.write(partial(_try_again, looked))
        done += closed
    return done


async def _close(desk: Desk, looked: Due) -> int:
    try:
        return await statement_closing.close(desk, looked.account)
    except Exception:
        log.exception("statements cannot be made", account=ids.account(looked.account))
        return 0


def _try_again(looked: Due, connection: Connection) -> None:
    statement_settings.try_again(connection, looked, looked.now + AGAIN_IN)
