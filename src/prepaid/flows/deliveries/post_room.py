"""This process's senders together: begun, watched and ended."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from prepaid.domain.instants import SECOND
from prepaid.flows.deliveries.delivery import Deliverer
from prepaid.flows.deliveries.mails import Postman
from prepaid.flows.desk import Desk
from prepaid.store.batching.hot import Unavailable
from prepaid.store.deliveries import delivery as deliveries
from prepaid.store.deliveries import mails
from prepaid.store.vault import Connection

log = structlog.get_logger("prepaid.post_room")

LATE_S = 60.0  # a due delivery that waits longer is worth a warning

#: Kind (counter, gauge, or gauge_of_all: seen alike by every process), name, help, value or
#: values by class.
Reading = tuple[str, str, str, float | dict[str, float]]


class PostRoom:
    """Webhooks always, mail where a mail server is configured."""

    def __init__(
        self,
        desk: Desk,
        deliverer: Deliverer,
        postman: Postman | None,
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self._close = close  # ends the connections of the senders
        self.deliverer = deliverer
        self.postman = postman
        self.late_s = 0.0  # how long the oldest due delivery has waited, when last looked at
        self._desk = desk

    async def begin(self) -> None:
        """Take up what a process before this one has left, where there can be no other now."""
        await self.deliverer.begin()
        if self.postman is not None:
            await self.postman.begin()

    async def stop(self) -> None:
        """Finish what is in flight; within 25 seconds."""
        senders = [one.stop() for one in (self.deliverer, self.postman) if one is not None]
        results = await asyncio.gather(*senders, return_exceptions=True)
        await self._close()
        for result in results:
            if isinstance(result, Unavailable):
                log.warning("results not recorded", reason=str(result))
            elif isinstance(result, BaseException):
                raise result

    async def watch(self) -> int:
        """Look how long the oldest due delivery waits."""
        self.late_s = await late(self._desk, has_mail=self.postman is not None)
        return 0

    def readings(self) -> Iterable[Reading]:
        """What is counted."""
        age = "prepaid_delivery_queue_age_seconds"
        yield "gauge_of_all", age, "Oldest due delivery", self.late_s
        for what, one in (("webhooks", self.deliverer), ("mails", self.postman)):
            if one is None:
                continue
            yield "gauge", f"prepaid_{what}_in_flight", "In flight", one.in_flight
            yield "counter", f"prepaid_{what}_sent", "Delivered", one.sent
            yield "counter", f"prepaid_{what}_exhausted", "Given up", one.exhausted
            by_class: dict[str, float] = dict(one.failed)
            yield "counter", f"prepaid_{what}_failed", "Failed attempts, by class", by_class


async def late(desk: Desk, *, has_mail: bool) -> float:
    """For how many seconds the oldest delivery has been due; 0: none is."""

    def work(connection: Connection) -> float:
        now = desk.vault.clock(connection)
        found = [deliveries.oldest_due(connection, now)]
        if has_mail:
            found.append(mails.oldest_due(connection, now))
        return max((now - at for at in found if at is not None), default=0) / SECOND

    return await desk.vault.read(work)
