"""Requests that stream both ways: settled on the upstream's status, before the first body byte."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from prepaid.domain.refusals import Refusal
from prepaid.domain.routing import answers
from prepaid.domain.routing.answers import Verdict
from prepaid.domain.routing.headers import back
from prepaid.flows.proxying.buffered import begun_of, failure, opened
from prepaid.flows.proxying.errands import Asking, Begun, Errand
from prepaid.flows.proxying.passing import Proxy
from prepaid.flows.proxying.plain_errands import PlainErrand, judged
from prepaid.flows.proxying.settling import give_back, settle_of, surely
from prepaid.flows.proxying.upstreams import Flowing, Headers, UpstreamFailed, UpstreamLate


class Upload(Protocol):
    """The body of a request as it arrives."""

    has_body: bool
    error: Refusal | None  # what was wrong with it

    def pieces(self) -> AsyncIterator[bytes]:
        """The body.

        Raises:
            Refusal: it is too large, or ended early.
        """


class Streamed:
    """An answer on its way; whoever asked for it closes it."""

    def __init__(self, flowing: Flowing) -> None:
        self._flowing = flowing
        self.status = flowing.status
        self.headers: Headers = back(flowing.headers, buffered=False)

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, as it arrives.

        Raises:
            UpstreamFailed: it broke off.
        """
        return self._flowing.chunks()

    async def close(self) -> None:
        """Read no further."""
        await self._flowing.close()


async def stream(proxy: Proxy, asking: Asking, upload: Upload) -> Streamed:
    """Pass a request on as it arrives; returns at the upstream's status, when it is settled.

    Raises:
        Refusal: nothing was charged.
    """
    if asking.key is not None:
        message = "cannot be used here: the answer is streamed, so none is kept"
        raise Refusal("invalid_request", f"Idempotency-Key {message}")
    work = asyncio.ensure_future(proxy.detached(_stream(proxy, asking, upload)))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:  # nobody is there to close it
        work.add_done_callback(_closed_by_itself)
        raise


async def _stream(proxy: Proxy, asking: Asking, upload: Upload) -> Streamed:
    if asking.match.route.is_free:
        try:
            return Streamed(await _open(proxy, PlainErrand(asking, proxy.ways), upload))
        except (UpstreamFailed, UpstreamLate) as error:
            raise failure(upload.error or error) from error

    async def make() -> Errand:
        return PlainErrand(asking, proxy.ways)

    errand, command, made = await opened(proxy, asking, make)
    begun = begun_of(command, made)
    try:
        flowing = await _open(proxy, errand, upload)
    except BaseException as error:
        await give_back(proxy.desk, asking.account, begun)
        raise failure(upload.error or error) from error
    try:
        await _settle(proxy, asking, errand, begun, flowing.status)
    except BaseException:
        await flowing.close()
        raise
    return Streamed(flowing)


async def _open(proxy: Proxy, errand: Errand, upload: Upload) -> Flowing:
    asked = errand.outgoing()
    assert asked is not None, "a plain request always asks its upstream"
    return await proxy.upstreams.open(asked[0], upload.pieces() if upload.has_body else None)


async def _settle(proxy: Proxy, asking: Asking, errand: Errand, begun: Begun, status: int) -> None:
    route = asking.match.route
    assert isinstance(errand, PlainErrand), "only plain routes stream"
    verdicts: tuple[Verdict, ...] = answers.verdicts(route, errand.sold, status, None)
    what = judged(route, verdicts, (status, ()), b"", begun.workspace, None)
    await surely(proxy.desk, settle_of(asking.account, errand, begun, what))


def _closed_by_itself(work: "asyncio.Future[Streamed]") -> None:
    if not work.cancelled() and work.exception() is None:
        closing = asyncio.ensure_future(work.result().close())
        closing.add_done_callback(lambda done: done.exception())
