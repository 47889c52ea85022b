"""Mail on its way: claimed by lease, its letter written once, sent with no transaction open."""

import asyncio
import hashlib
from collections import Counter
from typing import Protocol

import msgspec
import structlog
from msgspec import Struct

from prepaid.domain import ids
from prepaid.domain.addressees import Addressee
from prepaid.domain.deliveries import retries
from prepaid.domain.deliveries.delivery import Verdict, judge
from prepaid.domain.instants import SECOND, Instant
from prepaid.flows.deliveries import sealed_mails
from prepaid.flows.desk import Desk
from prepaid.store import guard
from prepaid.store.batching.hot import Unavailable
from prepaid.store.deliveries import mails
from prepaid.store.deliveries.mails import ClaimedMail, MailEnded
from prepaid.store.vault import Connection

log = structlog.get_logger("prepaid.mails")

LEASE_S = 90.0  # longer than the sender ever takes
IN_FLIGHT_MAX = 8
DRAIN_S = 22.0  # what a stop waits for mails in flight


class MailReply(Protocol):
    """What became of one mail to one mailbox."""

    @property
    def outcome(self) -> str:
        """accepted, temporary or permanent."""

    @property
    def failure(self) -> str | None:
        """Class of error; None: accepted."""

    @property
    def code(self) -> int | None:
        """SMTP reply code."""

    @property
    def reply(self) -> str:
        """Of the server, or the error."""

    @property
    def duration_ms(self) -> int:
        """How long it took."""


class Mailer(Protocol):
    """Hands one message over; never raises for what the server does."""

    async def send(self, content: bytes, recipient: str) -> MailReply:
        """Send header and body as they are."""


class Letters(Protocol):
    """Writes letters."""

    def write(self, kind: str, facts: bytes, to: Addressee, *, key: str, at: Instant) -> bytes:
        """The finished message; the same bytes for the same arguments.

        Raises:
            Exception: it cannot be written; trying again never helps.
        """


class _Facts(Struct, rename="camel"):
    """What of a payload names a workspace."""

    workspace_id: str | None = None


class Unwritten(Struct, frozen=True):
    """The letter cannot be written."""

    reply: str
    outcome: str = "permanent"
    failure: str | None = "letter"
    code: int | None = None
    duration_ms: int = 0


class Postman:
    """Sends this process's share of the mail that is due."""

    def __init__(self, desk: Desk, mailer: Mailer, letters: Letters) -> None:
        self.wake = asyncio.Event()
        self.sent = 0
        self.exhausted = 0
        self.failed: Counter[str] = Counter()  # by class of error
        self._desk = desk
        self._mailer = mailer
        self._letters = letters
        self._ended: list[tuple[ClaimedMail, MailReply]] = []
        self._results_max = IN_FLIGHT_MAX
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._is_stopping = False
        desk.vault.when_posted(self.wake.set)

    @property
    def in_flight(self) -> int:
        """Mails that have not ended."""
        return len(self._tasks)

    async def begin(self) -> None:
        """On a database of ours alone every lease is from before: what it holds is due now."""
        if not self._desk.vault.database.is_shared:
            await self._desk.vault.write(lambda c: mails.release(c, self._desk.vault.clock(c)))

    async def turn(self) -> int:
        """Record what has ended, claim what is due and begin to send it; how much that was."""
        async with self._turn:
            return await self._exchange()

    async def stop(self) -> None:
        """Finish what is in flight, at most for 22 seconds, and record it. Begins nothing new."""
        async with self._turn:
            self._is_stopping = True
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=DRAIN_S)
        for task in tuple(self._tasks):
            task.cancel()
        while self._ended:
            await self.turn()

    async def _exchange(self) -> int:
        ended = self._ended[: self._results_max]
        is_careful = self._results_max == 1
        is_closed = self._is_stopping or is_careful
        room = 0 if is_closed else IN_FLIGHT_MAX - len(self._tasks)

        def work(connection: Connection) -> tuple[list[MailEnded], list[ClaimedMail]]:
            now = self._desk.vault.clock(connection)
            results = [self._result(mail, reply, now) for mail, reply in ended]
            kept = mails.record(connection, results, now)
            if room <= 0:
                return kept, []
            until = now + int(LEASE_S * SECOND)
            taken = mails.claim(connection, now, until, self._desk.token(16), room)
            return kept, [self._written(connection, mail) for mail in taken]

        try:
            kept, taken = await self._desk.vault.write(work)
        except Unavailable:
            raise
        except Exception:
            if not ended:
                raise
            # A result that cannot be kept must not keep the others: they are tried one by one.
            log.exception("result dropped" if is_careful else "results refused")
            del self._ended[: 1 if is_careful else 0]  # its lease ends, and it is repeated
            self._results_max = 1
            return 1
        self._results_max = IN_FLIGHT_MAX
        del self._ended[: len(ended)]
        for one in kept:
            self.sent += one.failure is None
            self.exhausted += one.failure is not None and one.status == "failed"
            if one.failure is not None:
                self.failed[one.failure] += 1
        for mail in taken:
            task = asyncio.create_task(self._send(mail), name="mail")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(ended) + len(taken)

    def _result(self, mail: ClaimedMail, reply: MailReply, now: Instant) -> MailEnded:
        verdict: Verdict = judge(
            failure=reply.failure,
            asked="abort-message" if reply.outcome == "permanent" else None,
            made=mail.made + 1,
            asked_at=mail.created_at,
            now=now,
            roll=int.from_bytes(self._desk.token(4)) / 2**32,
            schedule=retries.MAILS,
        )
        return MailEnded(
            mail=mail,
            outcome=reply.outcome,
            failure=reply.failure,
            code=reply.code,
            reply=reply.reply,
            duration_ms=reply.duration_ms,
            status=verdict.status,
            due_at=verdict.due_at,
        )

    def _written(self, connection: Connection, mail: ClaimedMail) -> ClaimedMail:
        """With its letter, which is kept before the first attempt. A fault of ours costs a mail."""
        if mail.content is not None:
            return mail
        try:
            number = _workspace(mail)
            to = mails.addressee(connection, mail, number)
            facts = sealed_mails.facts_of(self._desk.seals, mail)
            content = self._letters.write(
                mail.kind, facts, to, key=_message_key(mail), at=mail.created_at
            )
        except Exception:
            log.exception("letter cannot be written", kind=mail.kind, key=mail.key)
            return mail
        if mail.kind not in sealed_mails.KINDS:
            mails.freeze(connection, mail, content)
        return msgspec.structs.replace(mail, content=content)

    async def _send(self, mail: ClaimedMail) -> None:
        guard.assert_no_transaction()
        reply: MailReply
        if mail.content is None:
            reply = Unwritten("the letter could not be written")
        else:
            try:
                reply = await self._mailer.send(mail.content, mail.recipient)
            except Exception as error:
                log.exception("mailer failed", key=mail.key)
                reply = Unwritten(type(error).__name__, "temporary", "internal")
        self._ended.append((mail, reply))
        self.wake.set()


def _workspace(mail: ClaimedMail) -> int | None:
    name = msgspec.json.decode(mail.facts, type=_Facts).workspace_id
    place = None if name is None else ids.parse_owned("ws", name)
    return None if place is None or place.account != mail.account else place.number


def _message_key(mail: ClaimedMail) -> str:
    """Names this delivery for ever, and tells nobody what it is about."""
    place = f"{ids.account(mail.account)} {mail.key} {mail.recipient}"
    return hashlib.sha256(place.encode()).hexdigest()[:40]
