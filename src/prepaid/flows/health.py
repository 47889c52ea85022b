"""Whether requests can be served."""

from prepaid.flows.desk import Desk
from prepaid.store import health


async def ready(desk: Desk) -> str:
    """The kind of database that answers.

    Raises:
        Unavailable: it does not.
    """
    return await desk.vault.read(health.ping)
