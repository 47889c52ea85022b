"""Endpoints whose secrets the configured key does not open: no webhook to them can be signed."""

from collections.abc import Iterable

from prepaid.flows.deliveries.secrets import SealBroken, Seals, headers_of, open_key
from prepaid.flows.desk import Desk
from prepaid.store.deliveries import endpoints
from prepaid.store.deliveries.endpoints import Kept
from prepaid.store.deliveries.queue import Place

TRIED_MAX = 20
REMEDY = (
    "set the key they were sealed with as PREPAID_SECRET_KEY, or as PREPAID_SECRET_KEY_OLD beside"
    " the new one"
)


def unreadable(seals: Seals, kept: Iterable[Kept]) -> set[Place]:
    """The endpoints of these of which something cannot be opened."""
    found = set()
    for one in kept:
        place = (one.account_id, one.endpoint)
        try:
            open_key(seals, place, one.number, one.sealed)
            headers_of(seals, place, one.headers)
        except SealBroken:
            found.add(place)
    return found


async def warning(desk: Desk) -> str | None:
    """What to say of the key; `prepaid doctor` tries every secret, this at most 20.

    A wrong key opens none of them, so any will do.

    Raises:
        Unavailable: the database does not answer.
    """
    now = desk.clock()
    kept = await desk.vault.read(lambda c: endpoints.kept(c, now, most=TRIED_MAX))
    found = unreadable(desk.seals, kept)
    if not found:
        return None
    return (
        f"of {len(kept)} secrets of webhooks that were tried, those of {len(found)} endpoints"
        f" cannot be opened, so nothing sent there can be signed; {REMEDY}"
    )
