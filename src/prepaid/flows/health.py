"""Whether requests can be served."""

from typing import NamedTuple

from prepaid.flows.deliveries import unreadable
from prepaid.flows.deliveries.post_room import LATE_S, late
from prepaid.flows.desk import Desk
from prepaid.store import health


class Ready(NamedTuple):
    """It can work, and what wants looking at."""

    database: str  # the kind that answers
    warnings: list[str]


async def ready(desk: Desk) -> Ready:
    """The kind of database that answers, and warnings.

    Raises:
        Unavailable: it does not.
    """
    database = await desk.vault.read(health.ping)
    waited = await late(desk, has_mail=desk.sends_mail)
    warnings = [f"the oldest due delivery has waited {waited:.0f} s"] if waited > LATE_S else []
    unread = await unreadable.warning(desk)
    return Ready(database, warnings if unread is None else [*warnings, unread])
