"""Webhooks on their way: claimed by lease, sent with no transaction open, recorded under the claim.

A turn records what has ended and claims what is due, in one transaction. Between turns the
requests are in flight: at most 4 for an endpoint and 100 for this process.
"""

import asyncio
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import structlog

from prepaid.domain import ids, signatures
from prepaid.domain.instants import SECOND, Instant
from prepaid.flows.desk import Desk
from prepaid.flows.results import Reply, Result, Sender, Unsent, record
from prepaid.flows.secrets import SealBroken, headers_of, keys_of
from prepaid.store import deliveries, guard
from prepaid.store.deliveries import Claimed, Place
from prepaid.store.hot import Unavailable
from prepaid.store.vault import Connection

log = structlog.get_logger("prepaid.deliveries")

LEASE_S = 60.0
ATTEMPT_S = 21.0  # what an attempt takes at most, and a little; less left of a lease is none
PER_ENDPOINT_MAX = 4  # in flight
IN_FLIGHT_MAX = 100
AHEAD_MAX = 64  # claimed for an endpoint that answers fast, in flight included
FAST_MS = 250
HELD_MAX = 600  # claimed in all
KNOWN_MAX = 10_000  # endpoints whose pace is remembered
ENDPOINTS_PER_TURN_MAX = 50
RECORDED_PER_TURN_MAX = 256
UNRECORDED_MAX = 512  # what a crash may repeat, beside what is in flight
DRAIN_S = 22.0  # what a stop waits for requests in flight

_OWN = {"Content-Type": "application/json", "User-Agent": "Prepaid-Webhooks/1"}


@dataclass
class Box:
    """What this process holds for one endpoint."""

    waiting: deque[tuple[Claimed, float]] = field(default_factory=deque)  # with the lease's end
    in_flight: int = 0
    is_fast: bool = False
    next_at: float = 0.0  # by the throttle, in the loop's time

    @property
    def held(self) -> int:
        """Claimed and not ended."""
        return len(self.waiting) + self.in_flight

    @property
    def room(self) -> int:
        """How many more to claim. Asked for in bulk: an endpoint that is half full can wait."""
        if not self.is_fast:
            return max(0, PER_ENDPOINT_MAX - self.held)
        return AHEAD_MAX - self.held if self.held <= AHEAD_MAX // 2 else 0


class Deliverer:
    """Sends this process's share of the webhooks that are due."""

    def __init__(self, desk: Desk, sender: Sender) -> None:
        self.wake = asyncio.Event()
        self.sent = 0
        self.exhausted = 0
        self.failed: Counter[str] = Counter()  # by class of error
        self._desk = desk
        self._sender = sender
        self._dice = Random(desk.token(8))  # noqa: S311 - spreads retries, keeps no secret
        self._boxes: dict[Place, Box] = {}  # those that hold something
        self._known: dict[Place, Box] = {}  # those that have, lately
        self._ended: list[Result] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._records = asyncio.Event()  # few results wait to be recorded
        self._records.set()
        desk.vault.when_posted(self.wake.set)

    @property
    def in_flight(self) -> int:
        """Requests that have not ended."""
        return sum(box.in_flight for box in self._boxes.values())

    @property
    def is_idle(self) -> bool:
        """Nothing is in flight, and every result is recorded."""
        return not self._boxes and not self._ended

    async def begin(self) -> None:
        """On a database of ours alone every lease is from before: what it holds is due now."""
        if not self._desk.vault.database.is_shared:
            await self._desk.vault.write(lambda c: deliveries.release(c, self._desk.vault.clock(c)))

    async def turn(self) -> int:
        """Record what has ended, claim what is due and begin to send it; how much that was."""
        return await self._exchange(claims=True)

    async def stop(self) -> None:
        """Finish what is in flight, at most for 22 seconds, and record it. Begins nothing new."""
        for box in self._boxes.values():
            box.waiting.clear()  # their leases end, and another process takes them
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=DRAIN_S)
        for task in tuple(self._tasks):
            task.cancel()
        while self._ended:
            await self._exchange(claims=False)

    async def _exchange(self, *, claims: bool) -> int:
        ended = self._ended[:RECORDED_PER_TURN_MAX]
        until = asyncio.get_running_loop().time() + LEASE_S
        held = sum(box.held for box in self._boxes.values())
        busy = [place for place, box in self._boxes.items() if not box.room]
        kept: list[Result] = []

        def work(connection: Connection) -> list[Claimed]:
            now = self._desk.vault.clock(connection)
            kept[:] = record(connection, ended, now) if ended else ()
            return self._claim(connection, now, busy) if claims and held < HELD_MAX else []

        try:
            taken = await self._desk.vault.write(work)
        except Unavailable:
            raise
        except Exception:
            # A result that cannot be kept must not keep the others: its lease ends, it is repeated.
            log.exception("results dropped", results=len(ended))
            self._forget(len(ended))
            raise
        self._forget(len(ended))
        self._count(kept)
        for claimed in taken:
            self._take(claimed, until)
        return len(ended) + len(taken)

    def _forget(self, count: int) -> None:
        del self._ended[:count]
        if len(self._ended) < UNRECORDED_MAX:
            self._records.set()

    def _claim(self, connection: Connection, now: Instant, busy: list[Place]) -> list[Claimed]:
        return deliveries.claim(
            connection,
            now,
            now + int(LEASE_S * SECOND),
            claim_id=self._desk.token(16),
            busy=busy,
            endpoints_max=ENDPOINTS_PER_TURN_MAX,
            room=self._room,
        )

    def _room(self, place: Place) -> int:
        box = self._known.get(place)
        return PER_ENDPOINT_MAX if box is None else box.room

    def _count(self, kept: list[Result]) -> None:
        for result in kept:
            self.sent += result.reply.failure is None
            self.exhausted += result.exhausted
            if result.reply.failure is not None:
                self.failed[result.reply.failure] += 1

    def _take(self, claimed: Claimed, until: float) -> None:
        place = claimed.target.place
        if len(self._known) >= KNOWN_MAX:
            self._known = dict(self._boxes)
        box = self._boxes[place] = self._known.setdefault(place, Box())
        box.waiting.append((claimed, until))
        if box.in_flight < PER_ENDPOINT_MAX:
            box.in_flight += 1
            task = asyncio.create_task(self._drain(place, box), name="webhooks")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _drain(self, place: Place, box: Box) -> None:
        """One of at most four at work on an endpoint, until nothing waits for it."""
        try:
            while box.waiting:
                claimed, until = box.waiting.popleft()
                await self._throttle(box, claimed)
                await self._records.wait()
                async with self._slots:
                    if until - asyncio.get_running_loop().time() < ATTEMPT_S:
                        continue  # the lease may end under way; it is claimed again
                    reply = await self._attempt(claimed)
                self._ended.append(Result(claimed, reply, self._dice.random()))
                if len(self._ended) >= UNRECORDED_MAX:
                    self._records.clear()
                box.is_fast = reply.failure is None and reply.duration_ms <= FAST_MS
                self.wake.set()
        finally:
            box.in_flight -= 1
            if not box.held:
                self._boxes.pop(place, None)

    async def _throttle(self, box: Box, claimed: Claimed) -> None:
        rate = claimed.target.throttle_rate
        if rate is None:
            return
        now = asyncio.get_running_loop().time()
        begins = max(now, box.next_at)
        box.next_at = begins + 1 / rate
        await asyncio.sleep(begins - now)

    async def _attempt(self, claimed: Claimed) -> Reply:
        guard.assert_no_transaction()
        target = claimed.target
        account, endpoint = target.place
        message_id = ids.owned("msg", account, claimed.message)
        try:
            keys = keys_of(self._desk.seals, target)
            extra = headers_of(self._desk.seals, target.place, target.headers)
        except SealBroken as error:
            log.warning("secret cannot be opened", endpoint=ids.owned("ep", account, endpoint))
            return Unsent(str(error))
        signed = signatures.headers(message_id, self._desk.clock(), claimed.body, keys)
        try:
            return await self._sender.post(target.url, claimed.body, {**extra, **_OWN, **signed})
        except Exception as error:
            log.exception("sender failed", message=message_id)
            return Unsent(type(error).__name__, "internal")


async def deliver_all(deliverer: Deliverer, *, turns_max: int = 10_000) -> None:
    """Turn until nothing is due or in flight; for commands and tests."""
    for _ in range(turns_max):
        deliverer.wake.clear()
        was_idle = deliverer.is_idle
        if not await deliverer.turn() and was_idle:
            return
        if deliverer.in_flight:
            with suppress(TimeoutError):
                await asyncio.wait_for(deliverer.wake.wait(), 0.5)
