"""The loop that runs due work. Knows no job by name: it is handed what to run and how often."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

log = structlog.get_logger("prepaid.worker")


@dataclass(frozen=True)
class Job:
    """Something to be done again and again."""

    name: str
    every_s: float  # pause between two runs when nothing was left to do
    run: Callable[[], Awaitable[int]]  # how much was done; at once again when it was something
    wake: asyncio.Event | None = None  # ends a pause early


async def _repeat(job: Job, stop: asyncio.Event) -> None:
    while not stop.is_set():
        done = 0
        if job.wake is not None:
            job.wake.clear()  # what sets it from here on is not seen by this run for sure
        try:
            done = await job.run()
        except Exception:
            log.warning("job failed", job=job.name, exc_info=True)
        if done:
            await asyncio.sleep(0)  # other work has its turn
        else:
            await _pause(job, stop)


async def _pause(job: Job, stop: asyncio.Event) -> None:
    events = [stop] if job.wake is None else [stop, job.wake]
    if any(event.is_set() for event in events):
        return
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=job.every_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def run(jobs: Sequence[Job], stop: asyncio.Event) -> None:
    """Run every job until `stop`; a run in progress is finished."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_repeat(job, stop), name=job.name)
