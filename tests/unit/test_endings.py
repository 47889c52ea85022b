"""A stop begins with its signal, and whoever listened before hears it too."""

import asyncio
import os
import signal

import pytest

from prepaid.assembly.endings import begun_by_signal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_begins_with_the_signal(number: signal.Signals) -> None:
    """The web server keeps answering meanwhile; here it is the handler of before."""
    heard: list[int] = []
    before = signal.signal(number, lambda received, _: heard.append(received))
    try:
        stop = asyncio.Event()
        with begun_by_signal(stop):
            assert not stop.is_set()
            os.kill(os.getpid(), number)
            async with asyncio.timeout(30):
                await stop.wait()
        os.kill(os.getpid(), number)
        await asyncio.sleep(0)
    finally:
        signal.signal(number, before)

    assert heard == [number, number]


async def test_beside_the_main_thread_no_signal_is_taken() -> None:
    """Nobody else can take one; a stop comes by the block's end, as ever."""

    def run() -> bool:
        async def inside() -> bool:
            stop = asyncio.Event()
            with begun_by_signal(stop):
                return stop.is_set()

        return asyncio.run(inside())

    assert await asyncio.to_thread(run) is False
