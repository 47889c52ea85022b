"""Messages that are asked for by hand: examples, and what did not arrive."""

from prepaid.domain import events
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.flows.accounts import locked
from prepaid.flows.deliveries.endpoints import enabled, existing
from prepaid.flows.desk import Desk
from prepaid.store.accounts import AccountRow
from prepaid.store.deliveries import counts as delivery_counts
from prepaid.store.deliveries import endpoints, message_times, messages
from prepaid.store.deliveries import replays as stored
from prepaid.store.deliveries.counts import Counts
from prepaid.store.deliveries.messages import NewMessage
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
        stored.replay(connection, owner.id, number, [message], now)
        return message

    return await locked(desk, account, work)


async def recover(desk: Desk, account: AccountId, number: int, since: Instant) -> tuple[int, bool]:
    """Ask again for every message since then that did not arrive: how many, and are there more.

    They are looked for in steps, while the account goes on charging; what was found is looked at
    once more under its lock.

    Raises:
        Refusal: `404 not_found`, `409 endpoint_disabled`.
    """
    found = await _missed(desk, account, number, since)
    if not found:
        return 0, False

    def work(connection: Connection, owner: AccountRow) -> int:
        enabled(existing(endpoints.get(connection, owner.id, number)))
        wanted = stored.still_missed(connection, owner.id, number, found[:RECOVERED_MAX])
        if wanted:
            now = desk.vault.clock(connection)
            stored.replay(connection, owner.id, number, wanted, now)
        return len(wanted)

    return await locked(desk, account, work), len(found) > RECOVERED_MAX


async def _missed(desk: Desk, account: AccountId, number: int, since: Instant) -> list[int]:
    def begin(connection: Connection) -> tuple[int, int]:
        enabled(existing(endpoints.get(connection, account, number)))
        place = message_times.from_(connection, account, since)
        return place, message_times.newest(connection, account)

    place, newest = await desk.vault.read(begin)
    found: list[int] = []
    while place <= newest and len(found) <= RECOVERED_MAX:
        found += await _missed_from(desk, account, number, since, place)
        place += stored.SCANNED_MAX
    return found


async def _missed_from(
    desk: Desk, account: AccountId, number: int, since: Instant, place: int
) -> list[int]:
    return await desk.vault.read(lambda c: stored.missed(c, account, number, since, place))


async def stats(desk: Desk, account: AccountId, number: int, since: Instant | None) -> Counts:
    """How many deliveries of messages since then stand how; None: of all that are kept.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> Counts:
        existing(endpoints.get(connection, account, number))
        return delivery_counts.count(connection, account, number, since)

    return await desk.vault.read(work)
