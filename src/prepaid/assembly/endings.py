"""When a stop begins: with the signal, beside the last requests, not after them."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_Handler = Callable[[int, FrameType | None], object]


@contextmanager
def begun_by_signal(stop: asyncio.Event) -> Iterator[None]:
    """Set the event when a signal ends this process, and let whoever listened before hear it too.

    A web server tells its application of its end when every request has been answered, which may
    take as long as everything else here is allowed to.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, _both(handler, lambda: loop.call_soon_threadsafe(stop.set)))
    try:
        yield
    finally:
        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, handler)


def _both(handler: _Handler, begin: Callable[[], object]) -> _Handler:
    def heard(number: int, frame: FrameType | None) -> None:
        begin()
        handler(number, frame)

    return heard
