"""What an account can be asked to do, as plain values. One command, one sequence number."""

from typing import Literal

import msgspec
from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import AccountId, Seq, WorkspaceNumber
from prepaid.domain.instants import SECOND, Instant, Span
from prepaid.domain.refusals import Detail, Refusal
from prepaid.domain.topups.answers import Answer
from prepaid.domain.topups.caps import AutoTopupPatch, PaymentMethod

TTL_DEFAULT: Span = 900 * SECOND
TTL_MAX: Span = 86_400 * SECOND
QUANTITY_MAX = 1_000_000

Route = Literal["charge", "settle", "release", "refund", "credit", "topup"]


class Command(Struct, frozen=True, kw_only=True):
    """Something asked of one account, with the caller's idempotency key if there is one."""

    account: AccountId
    key: str | None = None


class Reserve(Command, frozen=True, kw_only=True):
    """Take credit for one billable request: held, or settled in the same step.

    `credits` is the whole amount and replaces unit price times quantity. `workspace` is a name,
    None for the account-wide bucket. `occurred_at` marks an import of past usage.
    """

    workspace: str | None = "default"
    sku: str
    quantity: int = 1
    credits: Micros | None = None
    settle: bool = False
    ttl: Span = TTL_DEFAULT
    metadata: str | None = None  # canonical JSON object
    occurred_at: Instant | None = None
    api_key: int | None = None  # number of the key it was asked with; None for the operator


class Settle(Command, frozen=True, kw_only=True):
    """Fix the final amount of a charge; neither field: as it was held."""

    charge: Seq
    credits: Micros | None = None
    quantity: int | None = None


class Release(Command, frozen=True, kw_only=True):
    """Give all of a held charge back."""

    charge: Seq


class Refund(Command, frozen=True, kw_only=True):
    """Give back all (None) or part of a settled charge."""

    charge: Seq
    credits: Micros | None = None


class Credit(Command, frozen=True, kw_only=True):
    """Put credit in (a grant) or take it out (a correction, negative)."""

    amount: Micros
    reason: str


class Configure(Command, frozen=True, kw_only=True):
    """Change the account's notification rules: only the fields that are named."""

    changes: dict[str, object]  # field of `alerting.Config` → new value


class ConfigureWorkspace(Command, frozen=True, kw_only=True):
    """Change one workspace's own rules; None takes them all away."""

    workspace: WorkspaceNumber
    changes: dict[str, object] | None  # field of `alerting.Override` → new value


class ConfigureTopup(Command, frozen=True, kw_only=True):
    """Change what the account wants of auto top-up: only the fields that are named."""

    patch: AutoTopupPatch


class SetPaymentMethod(Command, frozen=True, kw_only=True):
    """Pay with this card from now on; None: with none."""

    method: PaymentMethod | None  # `updated_at` is set to the command's time


class OpenTopup(Command, frozen=True, kw_only=True):
    """Buy credit by hand."""

    cents: int  # credit cents


class CancelTopup(Command, frozen=True, kw_only=True):
    """End an attempt, if nobody was asked for its money yet."""

    number: int


class AnswerTopup(Command, frozen=True, kw_only=True):
    """Bring the provider's answer, or its own event, to an attempt."""

    number: int
    step: Literal["ask", "look_up", "cancel"] = "ask"  # what was answered
    answer: Answer | None  # None: the provider lists no such payment
    at: Instant = 0  # when the look-up was begun, by the real clock
    claim: str | None = None  # of the worker that asked; None: the provider's own event


class MoneyBack(Command, frozen=True, kw_only=True):
    """What the provider said of a refund or dispute."""

    number: int
    reference: str  # the provider's id of the refund or dispute
    cause: Literal["refund", "dispute"]
    payment: str
    price: int  # minor units of `currency`
    currency: str


class CorrectTopup(MoneyBack, frozen=True, kw_only=True):
    """Take credit back because money went back."""


class ReverseCorrection(MoneyBack, frozen=True, kw_only=True):
    """Put it back on the balance, because the refund failed or the dispute was won."""


class Sweep(Command, frozen=True, kw_only=True):
    """Nothing but the expiry of due holds, which every command does first."""


Rules = Configure | ConfigureWorkspace
RULES = (Configure, ConfigureWorkspace)  # what `isinstance` is quicker with
TOPUPS = frozenset(
    (
        ConfigureTopup,
        SetPaymentMethod,
        OpenTopup,
        CancelTopup,
        AnswerTopup,
        CorrectTopup,
        ReverseCorrection,
    )
)

ROUTES: dict[type[Command], Route] = {
    Reserve: "charge",
    Settle: "settle",
    Release: "release",
    Refund: "refund",
    Credit: "credit",
    OpenTopup: "topup",
}
_NOT_COMPARED = {"account", "key", "api_key"}  # who asked does not change what was asked
_COMPARED = {
    kind: tuple(name for name in kind.__struct_fields__ if name not in _NOT_COMPARED)
    for kind in ROUTES
}
_WIRE_NAMES: dict[tuple[type[Command], str], str] = {
    (Reserve, "occurred_at"): "occurredAt",
    (Reserve, "ttl"): "ttlSeconds",
    (Credit, "amount"): "cents",
    (OpenTopup, "cents"): "amountInCreditCents",
}
_encode = msgspec.json.Encoder().encode


def request_of(command: Command) -> bytes:
    """What was asked, with defaults filled in, in a form that is equal when it is the same."""
    return _encode([getattr(command, name) for name in _COMPARED[type(command)]])


def check_same(command: Command, stored: bytes) -> None:
    """A key may be used again for the same request only.

    Raises:
        Refusal: `422 idempotency_key_reused`, naming the first field that differs.
    """
    asked = request_of(command)
    if asked == stored:
        return
    old = msgspec.json.decode(stored, type=list[object])
    new = msgspec.json.decode(asked, type=list[object])
    names = _COMPARED[type(command)]
    field = next(n for n, a, b in zip(names, old, new, strict=True) if a != b)
    wire = _WIRE_NAMES.get((type(command), field), field)
    message = f"this key was used for a request with another {wire}"
    raise Refusal("idempotency_key_reused", message, (Detail(wire, "differs"),))
