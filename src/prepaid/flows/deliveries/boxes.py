"""What this process holds of the queue of webhooks, by endpoint, and how much more it can take."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from prepaid.flows.deliveries.results import Reply, Unsent
from prepaid.flows.deliveries.secrets import Opened
from prepaid.store.deliveries.delivery import Claimed
from prepaid.store.deliveries.queue import Place

PER_ENDPOINT_MAX = 4  # in flight
AHEAD_MAX = 64  # claimed for an endpoint that answers fast, in flight included
FAST_MS = 250
KNOWN_MAX = 10_000  # endpoints whose pace is remembered


class Ready(NamedTuple):
    """A delivery that this process has claimed; times are the loop's."""

    claimed: Claimed
    opened: Opened | Unsent
    begins_at: float  # by the endpoint's throttle, not before
    lease_ends: float

    @property
    def is_throttled(self) -> bool:
        """Whether its time was given."""
        return self.claimed.target.throttle_rate is not None


@dataclass
class Box:
    """What is held for one endpoint."""

    waiting: deque[Ready] = field(default_factory=deque)
    in_flight: int = 0
    is_fast: bool = False
    begins_at: float = 0.0  # by the throttle, nothing begins before

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

    async def throttle(self, ready: Ready) -> None:
        """Wait for the time that was given; those that were held up are spread as well."""
        now = asyncio.get_running_loop().time()
        begins = max(now, ready.begins_at, self.begins_at)
        self.begins_at = begins + 1 / (ready.claimed.target.throttle_rate or 1)
        await asyncio.sleep(begins - now)

    def learn(self, ready: Ready, reply: Reply) -> None:
        """Whether to claim ahead: not where the throttle gives the time."""
        is_prompt = reply.failure is None and reply.duration_ms <= FAST_MS
        self.is_fast = is_prompt and not ready.is_throttled


class Boxes:
    """The endpoints of which something is held, and the pace of those that were lately."""

    def __init__(self) -> None:
        self._used: dict[Place, Box] = {}
        self._known: dict[Place, Box] = {}

    @property
    def is_empty(self) -> bool:
        """Nothing is held."""
        return not self._used

    @property
    def in_flight(self) -> int:
        """Requests that have not ended."""
        return sum(box.in_flight for box in self._used.values())

    @property
    def held(self) -> int:
        """Claimed and not ended, in all."""
        return sum(box.held for box in self._used.values())

    @property
    def full(self) -> set[Place]:
        """Endpoints that need nothing now."""
        return {place for place, box in self._used.items() if not box.room}

    def room(self, place: Place) -> int:
        """How many more deliveries to claim for an endpoint."""
        box = self._known.get(place)
        return PER_ENDPOINT_MAX if box is None else box.room

    def use(self, place: Place) -> Box:
        """The endpoint's box, into which something is put."""
        if len(self._known) >= KNOWN_MAX:
            self._known = dict(self._used)
        box = self._used[place] = self._known.setdefault(place, Box())
        return box

    def leave(self, place: Place, box: Box) -> None:
        """Forget the box if it is empty."""
        if not box.held:
            self._used.pop(place, None)

    def drop(self) -> None:
        """Let go of what has not begun: the leases end, and another process takes it."""
        for box in self._used.values():
            box.waiting.clear()
