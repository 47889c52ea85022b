"""How commands reach the service: by its operator API, in this process or in the running server.

What a command does is what the API does: the same checks, the same answers, the same refusals.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from prepaid import assembly
from prepaid.commands.console import fail
from prepaid.commands.database import Stopped, address_of, make_ready
from prepaid.commands.serve import load
from prepaid.settings import Settings
from prepaid.store.sqlite.files import FileInUse
from prepaid.web.auth import OPERATOR_HEADER
from prepaid.web.errors import Envelope, Problem
from prepaid.web.routing import encode

T = TypeVar("T")

ANSWER_S = 120.0  # a full batch, beside a busy server
CONNECT_S = 5.0
NOT_LET_IN = 401
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Refused(Stopped):
    """The API said no; the message is its message, with the fields it names."""

    def __init__(self, status: int, problem: Problem, retry_after_s: float = 0) -> None:
        lines = [problem.message]
        lines += [
            f"  {detail.field}: {detail.message}"
            for detail in problem.details
            if f"{detail.field} {detail.message}" not in problem.message
        ]
        super().__init__("\n".join(lines))
        self.status = status
        self.problem = problem
        self.retry_after_s = retry_after_s


class Unreached(Stopped):
    """The running server does not answer."""


class Api:
    """The operator API, asked with the operator's key."""

    def __init__(self, client: httpx.AsyncClient, where: str) -> None:
        self._client = client
        self._where = where

    async def ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        body: object = None,
        query: Mapping[str, str | None] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """The answer to one request, as a value of `kind`. Bytes are sent as they are.

        Raises:
            Refused: the API's refusal, or an answer that is none of ours.
            Unreached: there was no answer; whether it took effect is not known.
        """
        answer = await self._asked(method, path, body, query, headers)
        return msgspec.json.decode(answer.content, type=kind)

    async def fetch(self, path: str) -> bytes:
        """A file, as it comes.

        Raises:
            Refused: the API's refusal, or an answer that is none of ours.
            Unreached: there was no answer.
        """
        return (await self._asked("GET", path, None, None, None)).content

    async def _asked(
        self,
        method: str,
        path: str,
        body: object,
        query: Mapping[str, str | None] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Response:
        sent = dict(headers or {})
        data = None
        if body is not None:
            sent["content-type"] = "application/json"
            data = body if isinstance(body, bytes) else encode(body)
        wanted = {name: value for name, value in (query or {}).items() if value is not None}
        try:
            answer = await self._client.request(
                method, path, content=data, params=wanted, headers=sent
            )
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            message = f"{self._where} does not answer: {reason}"
            raise Unreached(message) from error
        if answer.status_code == NOT_LET_IN:
            message = f"{self._where} has another operator key; check PREPAID_OPERATOR_KEY"
            raise Stopped(message)
        if not answer.is_success:
            raise _refused(answer)
        return answer


def _refused(answer: httpx.Response) -> Refused:
    try:
        problem = msgspec.json.decode(answer.content, type=Envelope).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        message = f"{answer.url} answered {answer.status_code}; is it a Prepaid server?"
        problem = Problem("unknown_answer", message)
    after = answer.headers.get("retry-after", "")
    return Refused(answer.status_code, problem, float(after) if after.isdigit() else 0)


def in_path(value: str) -> str:
    """What someone typed, safe as one segment of a path."""
    return quote(value, safe="") or "-"


@asynccontextmanager
async def _here(wanted: Settings) -> AsyncIterator[Api]:
    """The service in this process: no server is needed, and nobody else may write the file."""
    # Who may write the database needs no key, so this process makes one for itself.
    key = secrets.token_urlsafe(32)
    desk = assembly.open_desk(wanted)
    desk.vault.start()
    try:
        application = assembly.application(replace(wanted, operator_key=key), desk)
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://here", headers={OPERATOR_HEADER: key}
        ) as client:
            yield Api(client, "the service in this process")
    finally:
        await desk.vault.stop()


@asynccontextmanager
async def _there(wanted: Settings, in_use: str) -> AsyncIterator[Api]:
    """The running server, which writes the file."""
    url = wanted.public_url or address_of(wanted) or wanted.base_url
    where = f"{in_use}; its server at {url}"
    if not wanted.operator_key:
        message = f"{where} can be asked when PREPAID_OPERATOR_KEY is set"
        raise Stopped(message)
    try:
        host = httpx.URL(url).host
        async with httpx.AsyncClient(
            base_url=url,
            headers={OPERATOR_HEADER: wanted.operator_key},
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            # The operator's key goes through no proxy on its way to this machine.
            trust_env=host not in LOOPBACK,
        ) as client:
            yield Api(client, where)
    except (httpx.InvalidURL, UnicodeEncodeError) as error:
        message = f"{where} cannot be asked: {error}"
        raise Stopped(message) from error


def run(work: Callable[[Api], Awaitable[T]]) -> T:
    """Do the work of a command, here or through the running server.

    A refusal ends the command with its message and exit code 1.
    """
    wanted = load()
    try:
        return _run(wanted, work)
    except Stopped as stopped:
        raise fail(str(stopped)) from stopped


def _run(wanted: Settings, work: Callable[[Api], Awaitable[T]]) -> T:
    async def with_api(opened: AbstractAsyncContextManager[Api]) -> T:
        async with opened as api:
            return await work(api)

    try:
        make_ready(wanted)
        return asyncio.run(with_api(_here(wanted)))
    except FileInUse as error:
        in_use = str(error)
    return asyncio.run(with_api(_there(wanted, in_use)))


def plain(text: str) -> str:
    """Text that is shown as it is, brackets too."""
    return text.replace("[", "\\[")
