"""Webhooks on their way: claimed by lease, sent with no transaction open, recorded under the claim.

A turn records what has ended and claims what is due, in one transaction. Between turns the
requests are in flight: at most 4 for an endpoint and 100 for this process.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from random import Random

import structlog

from prepaid.domain import ids
from prepaid.domain.deliveries import signatures
from prepaid.domain.instants import SECOND, Instant
from prepaid.flows.deliveries.boxes import PER_ENDPOINT_MAX, Box, Boxes, Ready
from prepaid.flows.deliveries.results import Reply, Result, Sender, Unsent, record
from prepaid.flows.deliveries.secrets import Opened, SealBroken, opened
from prepaid.flows.desk import Desk
from prepaid.store import guard
from prepaid.store.batching.hot import Unavailable
from prepaid.store.deliveries import delivery as deliveries
from prepaid.store.deliveries.delivery import Claimed, Target
from prepaid.store.deliveries.queue import Place
from prepaid.store.vault import Connection

log = structlog.get_logger("prepaid.deliveries")

LEASE_S = 60.0
ATTEMPT_S = 21.0  # what an attempt takes at most, and a little; less left of a lease is none
IN_FLIGHT_MAX = 100
HELD_MAX = 600  # claimed in all
ENDPOINTS_PER_TURN_MAX = 50
RECORDED_PER_TURN_MAX = 256
UNRECORDED_MAX = 512  # what a crash may repeat, beside what is in flight
DRAIN_S = 22.0  # what a stop waits for requests in flight

_OURS = {"Content-Type": "application/json", "User-Agent": "Prepaid-Webhooks/1"}


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
        self._boxes = Boxes()
        self._ended: list[Result] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._turn = asyncio.Lock()
        self._is_stopping = False
        self._results_max = RECORDED_PER_TURN_MAX
        self._records = asyncio.Event()  # few results wait to be recorded
        self._records.set()
        desk.vault.when_posted(self.wake.set)

    @property
    def in_flight(self) -> int:
        """Requests that have not ended."""
        return self._boxes.in_flight

    @property
    def is_idle(self) -> bool:
        """Nothing is in flight, and every result is recorded."""
        return self._boxes.is_empty and not self._ended

    async def begin(self) -> None:
        """On a database of ours alone every lease is from before: what it holds is due now."""
        if not self._desk.vault.database.is_shared:
            await self._desk.vault.write(lambda c: deliveries.release(c, self._desk.vault.clock(c)))

    async def turn(self) -> int:
        """Record what has ended, claim what is due and begin to send it; how much that was."""
        async with self._turn:
            return await self._exchange()

    async def stop(self) -> None:
        """Finish what is in flight, at most for 22 seconds, and record it. Begins nothing new."""
        self._is_stopping = True
        async with self._turn:  # one that is under way still hands out what it claims
            self._boxes.drop()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=DRAIN_S)
        for task in tuple(self._tasks):
            task.cancel()
        while self._ended:
            await self.turn()

    async def _exchange(self) -> int:
        ended = self._ended[: self._results_max]
        loop = asyncio.get_running_loop()
        is_careful = self._results_max == 1
        may_claim = not (self._is_stopping or is_careful) and self._boxes.held < HELD_MAX
        lease_ends = loop.time() + LEASE_S

        def work(connection: Connection) -> tuple[Instant, list[Result], list[Claimed]]:
            clock = self._desk.vault.clock(connection)
            kept = record(connection, ended, clock) if ended else []
            return clock, kept, self._claim(connection, clock) if may_claim else []

        try:
            clock, kept, taken = await self._desk.vault.write(work, is_brief=True)
        except Unavailable:
            raise
        except Exception:
            if not ended:
                raise
            # A result that cannot be kept must not keep the others: they are tried one by one.
            log.exception("result dropped" if is_careful else "results refused")
            self._forget(1 if is_careful else 0)  # its lease ends, and it is repeated
            self._results_max = 1
            return 1
        self._results_max = RECORDED_PER_TURN_MAX
        self._forget(len(ended))
        self._count(kept)
        self._take(taken, loop.time() - clock / SECOND, lease_ends)
        return len(ended) + len(taken)

    def _forget(self, count: int) -> None:
        del self._ended[:count]
        if len(self._ended) < UNRECORDED_MAX:
            self._records.set()

    def _claim(self, connection: Connection, now: Instant) -> list[Claimed]:
        return deliveries.claim(
            connection,
            now,
            now + int(LEASE_S * SECOND),
            claim_id=self._desk.token(16),
            busy=self._boxes.full,
            endpoints_max=ENDPOINTS_PER_TURN_MAX,
            room=self._boxes.room,
        )

    def _count(self, kept: list[Result]) -> None:
        for result in kept:
            self.sent += result.reply.failure is None
            self.exhausted += result.exhausted
            if result.reply.failure is not None:
                self.failed[result.reply.failure] += 1

    def _take(self, taken: Sequence[Claimed], offset: float, lease_ends: float) -> None:
        """Hand out what was claimed; `offset`: the loop's time less the clock of leases."""
        for _, group in groupby(taken, key=lambda one: id(one.target)):
            claimed = list(group)
            target = claimed[0].target
            opened, box = self._opened(target), self._boxes.use(target.place)
            for one in claimed:
                box.waiting.append(Ready(one, opened, one.begins_at / SECOND + offset, lease_ends))
                if box.in_flight < PER_ENDPOINT_MAX:
                    self._begin(target.place, box)

    def _opened(self, target: Target) -> Opened | Unsent:
        """Once for all that was claimed with it, and for no longer."""
        try:
            return opened(self._desk.seals, target)
        except SealBroken as error:
            log.warning("secret cannot be opened", endpoint=ids.owned("ep", *target.place))
            return Unsent(str(error))

    def _begin(self, place: Place, box: Box) -> None:
        box.in_flight += 1
        task = asyncio.create_task(self._drain(place, box), name="webhooks")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, place: Place, box: Box) -> None:
        """One of at most four at work on an endpoint, until nothing waits for it."""
        try:
            while box.waiting:
                ready = box.waiting.popleft()
                await self._records.wait()
                if ready.is_throttled:
                    await box.throttle(ready)
                async with self._slots:
                    if ready.lease_ends - asyncio.get_running_loop().time() < ATTEMPT_S:
                        continue  # the lease may end under way; it is claimed again
                    reply = await self._attempt(ready)
                box.learn(ready, reply)
                self._end(ready.claimed, reply)
        finally:
            box.in_flight -= 1
            self._boxes.leave(place, box)

    def _end(self, claimed: Claimed, reply: Reply) -> None:
        self._ended.append(Result(claimed, reply, self._dice.random()))
        if len(self._ended) >= UNRECORDED_MAX:
            self._records.clear()
        self.wake.set()

    async def _attempt(self, ready: Ready) -> Reply:
        guard.assert_no_transaction()
        claimed, opened = ready.claimed, ready.opened
        if isinstance(opened, Unsent):
            return opened
        message_id = ids.owned("msg", claimed.target.place[0], claimed.message)
        signed = signatures.headers(message_id, self._desk.clock(), claimed.body, opened.keys)
        headers = _OURS | signed
        try:
            return await self._sender.post(
                claimed.target.url, claimed.body, headers, opened.headers
            )
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
