"""Names to addresses, in threads of their own: a name server that hangs holds up no other work."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

LOOKUPS_MAX = 64  # at once; a lookup that nobody waits for any more keeps its thread until its end


class ThreadResolver(AbstractResolver):
    """The system's resolver. The event loop's own may have as few as four threads for all."""

    def __init__(self, lookups_max: int = LOOKUPS_MAX) -> None:
        self._threads = ThreadPoolExecutor(lookups_max, thread_name_prefix="resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every address of a host, in the system's order of preference.

        Raises:
            OSError: there is none, or the name server did not answer.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _lookup, host, port, family)

    async def close(self) -> None:
        """Take no more lookups; running ones end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _lookup(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    try:
        found = socket.getaddrinfo(
            host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
    except UnicodeError as error:
        raise OSError(None, "not a host name") from error
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=int(address[1]),
            family=kind,
            proto=protocol,
            flags=flags,
        )
        for kind, _, protocol, _, address in found
    ]
