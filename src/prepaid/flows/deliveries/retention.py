"""Messages, their attempts and mail are kept for a time; pruned in small steps."""

from prepaid.domain.instants import DAY
from prepaid.flows.desk import Desk
from prepaid.store.deliveries import retention
from prepaid.store.vault import Connection

STEP_MESSAGES = 200  # a step holds the database for a moment only


async def prune(desk: Desk, days: int) -> int:
    """One step; how many messages and mails went. Again at once while there are more."""

    def work(connection: Connection) -> int:
        before = desk.vault.clock(connection) - days * DAY
        return retention.prune(connection, before, STEP_MESSAGES)

    return await desk.vault.write(work)
