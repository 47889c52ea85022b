"""Messages, their deliveries and attempts, as their owner looks at them and asks again."""

from typing import NamedTuple

from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import invalid, not_found
from prepaid.flows.accounts import locked
from prepaid.flows.deliveries.endpoints import enabled, existing
from prepaid.flows.desk import Desk
from prepaid.store.accounts import AccountRow
from prepaid.store.deliveries import attempts, endpoints, outbox, replays
from prepaid.store.deliveries.outbox import DeliveryRow, MessageRow
from prepaid.store.deliveries.queue import AttemptRow
from prepaid.store.vault import Connection


class Traced(NamedTuple):
    """A message and where it goes."""

    message: MessageRow
    deliveries: list[DeliveryRow]


async def page(desk: Desk, account: AccountId, wanted: outbox.Wanted, limit: int) -> outbox.Page:
    """Messages, newest first."""
    return await desk.vault.read(lambda c: outbox.page(c, account, wanted, limit))


async def get(desk: Desk, account: AccountId, number: int) -> Traced:
    """One message and its deliveries.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> Traced:
        message = _existing(outbox.get(connection, account, number))
        return Traced(message, outbox.deliveries(connection, account, number))

    return await desk.vault.read(work)


async def resend(desk: Desk, account: AccountId, message: int, endpoint: int) -> None:
    """Deliver a message to an endpoint once more, by the whole schedule.

    Raises:
        Refusal: `404 not_found`, `409 endpoint_disabled`.
    """

    def work(connection: Connection, owner: AccountRow) -> None:
        _existing(outbox.get(connection, owner.id, message))
        enabled(existing(endpoints.get(connection, owner.id, endpoint)))
        now = desk.vault.clock(connection)
        replays.replay(connection, owner.id, endpoint, [message], now)

    await locked(desk, account, work)


async def listed(
    desk: Desk, account: AccountId, wanted: attempts.Wanted, limit: int
) -> attempts.Page:
    """Attempts of an endpoint or a message, newest first.

    Raises:
        Refusal: `404 not_found`.
    """
    if wanted.endpoint is None and wanted.message is None:
        raise invalid("endpointId", "or a message must be named")

    def work(connection: Connection) -> attempts.Page:
        if wanted.endpoint is not None:
            existing(endpoints.get(connection, account, wanted.endpoint))
        if wanted.message is not None:
            _existing(outbox.get(connection, account, wanted.message))
        return attempts.page(connection, account, wanted, limit)

    return await desk.vault.read(work)


class Sent(NamedTuple):
    """A message on its way to one endpoint."""

    message: MessageRow
    delivery: DeliveryRow | None  # None: it does not go there
    attempts: list[AttemptRow]


async def sent(desk: Desk, account: AccountId, message: int, endpoint: int, limit: int) -> Sent:
    """How a message fares with one endpoint, and its newest attempts, newest first.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> Sent:
        existing(endpoints.get(connection, account, endpoint))
        found = _existing(outbox.get(connection, account, message))
        rows = outbox.deliveries(connection, account, message)
        delivery = next((row for row in rows if row.endpoint == endpoint), None)
        tried = attempts.of_delivery(connection, account, endpoint, message, limit)
        return Sent(found, delivery, tried)

    return await desk.vault.read(work)


async def attempt(
    desk: Desk, account: AccountId, endpoint: int, message: int, number: int
) -> tuple[MessageRow, AttemptRow]:
    """One attempt, and the message whose body it sent.

    Raises:
        Refusal: `404 not_found`.
    """

    def work(connection: Connection) -> tuple[MessageRow, AttemptRow]:
        existing(endpoints.get(connection, account, endpoint))
        found = _existing(outbox.get(connection, account, message))
        row = attempts.get(connection, account, endpoint, message, number)
        if row is None:
            raise not_found("the attempt")
        return found, row

    return await desk.vault.read(work)


def _existing(row: MessageRow | None) -> MessageRow:
    if row is None:
        raise not_found("the message")
    return row
