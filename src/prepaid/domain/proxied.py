"""Billable requests that are passed on: what is kept of each, and the commands that bill them.

The charges of one request are a group: reserved all or none, and ended together with the answer
that is stored and the event that is recorded. `groups` says what the commands do.
"""

from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.commands import TTL_DEFAULT, Command
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import DAY, Instant, Span
from prepaid.domain.refusals import Detail, Refusal
from prepaid.domain.routing.answers import Verdict

KEY_KEPT: Span = DAY  # how long an idempotency key gives the stored answer

#: Asked and not answered; answered in part; answered; nothing came of it and nothing was billed.
State = Literal["in_flight", "pending", "done", "released"]


class Fingerprint(Struct, frozen=True):
    """What was asked under a key, so that another request with it is told: digests, and words."""

    workspace: str
    path: str
    query: str
    headers: str  # those that price or route it
    body: str

    def check_same(self, other: "Fingerprint") -> None:
        """A key may be used again for the same request only.

        Raises:
            Refusal: `422 idempotency_key_reused`, naming the first part that differs.
        """
        for name in self.__struct_fields__:
            if getattr(self, name) != getattr(other, name):
                message = f"this key was used for a request with another {name}"
                raise Refusal("idempotency_key_reused", message, (Detail(name, "differs"),))


class Proxied(Struct, frozen=True, kw_only=True):
    """What is kept of one request: its place in time, its charges and its newest answer."""

    account: AccountId
    id: str  # random, made before the first try
    route: str  # name of the route; with the account the scope of the key
    key: str | None  # the caller's idempotency key
    asked: Fingerprint
    started_at: Instant  # by the account's clock
    state: State
    claim: bytes  # random; whoever holds it may go on with the request, nobody else
    due_at: Instant | None  # real clock: the claim's end, or when to ask again; None: never
    charges: tuple[Seq, ...] = ()
    context: bytes | None = None  # what following it needs, in the words of the flow
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    answer: bytes | None = None
    answered_at: Instant | None = None  # real clock: when it came to what it is; kept from then on


class Mark(Struct, frozen=True):
    """What a line must be equal in, beside account and SKU, to be a free repeat of another."""

    digest: bytes  # SHA-256 of the key fields
    window: Span  # so long after it was paid


class Paid(Struct, frozen=True):
    """That something was paid for, which makes its repeats free for a while."""

    at: Instant  # by the account's clock
    window: Span


class Opening(Struct, frozen=True):
    """A request that is to be kept, as it begins."""

    id: str
    route: str
    key: str | None
    asked: Fingerprint
    claim: bytes
    lease: Span  # how long its maker has for it; afterwards others may give it up


class GroupLine(Struct, frozen=True):
    """One charge of a group: one unit of a SKU."""

    sku: str
    mark: Mark | None = None
    expected: Micros | None = None  # the price it was planned with; None: whatever it is


class ReserveGroup(Command, frozen=True, kw_only=True):
    """Take credit for all lines of a request, or for none; judged once."""

    workspace: str
    lines: tuple[GroupLine, ...]
    ttl: Span = TTL_DEFAULT
    request: str  # its id, which its charges name
    api_key: int
    opening: Opening | None = None


class Part(Struct, frozen=True):
    """One charge of a group, and what becomes of it."""

    charge: Seq
    verdict: Verdict
    sku: str = ""  # with the mark it says what was paid
    mark: Mark | None = None


class Event(Struct, frozen=True):
    """Something the account is told."""

    type: str
    body: bytes


class Paper(Struct, frozen=True, kw_only=True):
    """What is kept and told when a group ends, made once its costs are known."""

    state: State = "done"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    answer: bytes | None = None
    context: bytes | None = None
    again_in: Span | None = None  # when to ask again
    event: Event | None = None


#: In a SKU's place in the mark of data that an event has told.
NEWS = ""

#: From what each part costs (settled, 0 for a repeat, or still held) to what is written.
Writing = Callable[[tuple[Micros, ...]], Paper]


class SettleGroup(Command, frozen=True, kw_only=True):
    """End charges of one request together; write its answer and event in the same transaction."""

    parts: tuple[Part, ...]
    writing: Writing
    request: str | None = None  # the id of what is kept
    claim: bytes | None = None  # must still be held
    news: tuple[Mark, ...] | None = None  # what the event tells; None: not known
    is_completion: bool = False  # somebody waits for the event, whatever it tells


Group = ReserveGroup | SettleGroup


class PriceMoved(Refusal):
    """A price changed between planning and reserving: plan again. Never told to a caller."""

    def __init__(self, sku: str) -> None:
        super().__init__("invalid_request", f"the price of {sku} has just changed; ask again")


class ClaimLost(Refusal):
    """Somebody else has given the request up: its charges were given back."""

    def __init__(self) -> None:
        super().__init__("upstream_timeout", "the request took too long; nothing was charged")


class Shelf:
    """Kept requests and repeat marks, as far as one batch needs them, and what it changes."""

    def __init__(self) -> None:
        self.by_id: dict[str, Proxied] = {}
        self.by_key: dict[tuple[str, str], Proxied] = {}  # by route and key
        self.marks: dict[tuple[str, bytes], Instant] = {}  # by SKU and digest: when it was paid
        self.kept: dict[str, Proxied] = {}
        self.new_marks: dict[tuple[str, bytes], Paid] = {}
        self.events: list[Event] = []

    @property
    def is_changed(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.kept or self.new_marks or self.events)

    def keep(self, request: Proxied) -> None:
        """Write a request, new or changed."""
        self.by_id[request.id] = self.kept[request.id] = request
        if request.key is not None:
            self.by_key[request.route, request.key] = request

    def is_repeat(self, sku: str, mark: Mark | None, now: Instant) -> bool:
        """The same was paid for within the window."""
        if mark is None:
            return False
        paid_at = self.marks.get((sku, mark.digest))
        return paid_at is not None and now < paid_at + mark.window

    def paid(self, sku: str, mark: Mark, now: Instant) -> None:
        """Remember that it has been paid for."""
        self.marks[sku, mark.digest] = now
        self.new_marks[sku, mark.digest] = Paid(now, mark.window)


_encode = msgspec.json.Encoder().encode


def metadata(request: str) -> str:
    """What a charge says of the request it belongs to."""
    return _encode({"requestId": request}).decode()
