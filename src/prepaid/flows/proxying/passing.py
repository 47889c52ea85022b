"""What requests are passed on with: routes, where they lead, and the tasks under way."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TypeVar

from prepaid.domain.routing.routes import Routes
from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.flows.proxying.errands import Ways
from prepaid.flows.proxying.settling import SETTLE_S
from prepaid.flows.proxying.upstreams import Upstreams

T = TypeVar("T")


@dataclass(frozen=True)
class Proxy:
    """Everything requests are passed on with."""

    desk: Desk
    ring: KeyRing
    routes: Routes
    ways: Ways
    upstreams: Upstreams
    under_way: set[asyncio.Task[object]] = field(default_factory=set)

    @property
    def has_test(self) -> bool:
        """The country TEST is served: by the register that ships."""
        return any(upstream.is_sandbox for upstream in self.routes.upstreams.values())

    async def detached(self, work: Coroutine[object, object, T]) -> T:
        """Have work done to its end, whether or not somebody still waits for it."""
        task = asyncio.create_task(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Let what is under way come to its end, then give connections back."""
        if self.under_way:
            await asyncio.wait(self.under_way, timeout=SETTLE_S)
        await self.upstreams.close()
