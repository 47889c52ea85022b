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


async def _repeat(job: Job, stop: asyncio.Event) -> None:
    while not stop.is_set():
        done = 0
        try:
            done = await job.run()
        except Exception:
            log.warning("job failed", job=job.name, exc_info=True)
        try:
            await asyncio.wait_for(stop.wait(), 0 if done else job.every_s)
        except TimeoutError:
            continue


async def run(jobs: Sequence[Job], stop: asyncio.Event) -> None:
    """Run every job until `stop`; a run in progress is finished."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_repeat(job, stop), name=job.name)
