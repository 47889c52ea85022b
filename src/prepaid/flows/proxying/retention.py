"""Answers of proxied requests are kept for a time, keys for a day, marks for their window."""

from prepaid.domain.instants import DAY
from prepaid.flows.desk import Desk
from prepaid.store import proxied_retention
from prepaid.store.vault import Connection

STEP = 200  # of each kind; an answer may be large, and a step holds the database for a moment only


async def prune(desk: Desk, days: int) -> int:
    """One step; how many rows went. Again at once while there are more."""

    def work(connection: Connection) -> int:
        now = desk.vault.clock(connection)
        return proxied_retention.prune(connection, now - days * DAY, now, STEP)

    return await desk.vault.write(work)
