"""Messages that are asked for by hand: examples, and what did not arrive."""

from prepaid.domain import events
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk
from prepaid.flows.endpoints import enabled, existing
from prepaid.store import endpoints, messages
from prepaid.store.accounts import AccountRow
from prepaid.store.messages import NewMessage
from prepaid.store.vault import Connection

RECOVERED_MAX = 10_000  # messages of one call


async def send_example(desk: Desk, account: AccountId, number: int, event_type: str) -> int:
    """Send an event type's example to this endpoint alone; the message's number.

    Raises:
        Refusal: `404 not_found`, `409 endpoint_disabled`.
    """
    body = events.BY_NAME[event_type].body

    def work(connection: Connection, owner: AccountRow) -> int:
        enabled(existing(endpoints.get(connection, owner.id, number)))
        now = desk.vault.clock(connection)
        example = NewMessage(owner.id, event_type, body, endpoint=number)
        (message,) = messages.add_all(connection, [example], now)
        # Asked for by hand, so it is sent whatever types the endpoint wants.
        endpoints.replay(connection, owner.id, number, [message], now)
        return message

    return await locked(desk, account, work)


async def recover(desk: Desk, account: AccountId, number: int, since: Instant) -> tuple[int, bool]:
    """Ask again for every message since then that did not arrive: how many, and are there more.

    Raises:
        Refusal: `404 not_found`, `409 endpoint_disabled`.
    """

    def work(connection: Connection, owner: AccountRow) -> tuple[int, bool]:
        enabled(existing(endpoints.get(connection, owner.id, number)))
        limit = RECOVERED_MAX + 1
        found = endpoints.missed(connection, owner.id, number, since, limit)
        wanted = found[:RECOVERED_MAX]
        if wanted:
            now = desk.vault.clock(connection)
            endpoints.replay(connection, owner.id, number, wanted, now)
        return len(wanted), len(found) == limit

    return await locked(desk, account, work)


async def stats(desk: Desk, account: AccountId, number: int, since: Instant) -> dict[str, int]:
    """How many deliveries since then stand how.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> dict[str, int]:
        existing(endpoints.get(connection, account, number))
        return endpoints.stats(connection, account, number, since)

    return await desk.vault.read(work)
