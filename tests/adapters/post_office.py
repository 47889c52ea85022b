"""A real SMTP server, aiosmtpd, in the event loop of the test. It names the handler's methods."""

# ruff: noqa: N802

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from ssl import SSLContext
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.adapters.receivers import HERE


class Post:
    """A handler of aiosmtpd that keeps the mail, and says what a script says."""

    def __init__(self, *answers: str, after: str = "data") -> None:
        self.mails: list[Envelope] = []
        self.sessions: list[Session] = []
        self.commands = 0
        self._answers = list(answers)
        self._after = after

    def _say(self) -> str | None:
        return self._answers.pop(0) if self._answers else None

    async def handle_RCPT(
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands += 1
        if self._after == "rcpt" and (said := self._say()):
            return said
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = self._say()
        if said == "drop":
            cast("asyncio.Transport", server.transport).abort()
        if said is None or said == "drop":
            self.mails.append(envelope)
            self.sessions.append(session)
        return said or "250 Taken"


@asynccontextmanager
async def served(
    post: Post, implicit: SSLContext | None = None, **options: object
) -> AsyncIterator[int]:
    """An SMTP server on a free port; yields the port."""
    made: list[SMTP] = []
    make: Callable[..., SMTP] = SMTP  # its options are many and well named

    def connected() -> SMTP:
        made.append(make(post, hostname="post.example", ident="post", **options))
        return made[-1]

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connected, HERE, 0, ssl=implicit)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        tasks = [one._handler_coroutine for one in made if one._handler_coroutine is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in made:
            if one.transport is not None:
                # Python 3.11.2, which is Debian 12's, stumbles over what TLS has closed already.
                with suppress(AttributeError):
                    cast("asyncio.Transport", one.transport).abort()
