"""What the model remembers and answers. Values only: no rule stands here."""

from dataclasses import dataclass

from prepaid.domain.amounts import Micros
from prepaid.domain.ids import Seq, WorkspaceNumber
from prepaid.domain.instants import Instant

GLOBAL: WorkspaceNumber = 0  # the scope of the whole account; no workspace has this number
LOW_BALANCE = "low_balance"
HIGH_USAGE = "high_usage"
LIMIT = "workspace_limit"


@dataclass(frozen=True)
class ModelAnswer:
    """What a command was answered."""

    seq: Seq  # of the command that made the change; the last one of the account after a sweep
    balance: Micros  # after that command
    status: str | None  # of the charge; None for a credit and a sweep
    amount: Micros  # of the charge after that command; the credit itself for a credit
    replayed: bool = False  # the stored answer of an earlier request with the same key


@dataclass
class ModelCharge:
    """One billable request with its present amount."""

    seq: Seq
    workspace: WorkspaceNumber | None  # None: the account-wide bucket
    sku: str
    quantity: int
    unit_price: Micros | None  # None when the caller named the credits
    held: Micros
    reserved_at: Instant
    expires_at: Instant | None  # None: settled at once
    status: str
    amount: Micros  # what the account pays for it now
    final: tuple[Micros, int] | None = None  # amount and quantity it was settled with
    ending: ModelAnswer | None = None  # what ended it was answered


@dataclass(frozen=True)
class ModelEntry:
    """One change of the balance."""

    seq: Seq
    kind: str  # hold, adjustment, release, refund, grant, correction
    amount: Micros  # never 0; negative when it took credit
    balance_after: Micros
    charge: Seq | None


@dataclass(frozen=True)
class ModelNotification:
    """One crossing."""

    seq: Seq  # of the command that made it
    place: int  # 0, 1, 2 … among the notifications of that command
    kind: str  # LOW_BALANCE, HIGH_USAGE or LIMIT
    tier: str  # `reached` of a limit
    scope: WorkspaceNumber  # GLOBAL for the balance and the global pass
    count: int  # how many crossings this (kind, scope, tier) has had, this one included
    fired_at: Instant
    cents: int  # the threshold
    balance: Micros  # right after the command
    spend: Micros | None  # right after the command; None for the balance
    period_minutes: int | None  # None for the balance, and for a limit of the calendar month
    refused: tuple[Micros, str] | None = None  # of a limit: the charge, and when there is room


@dataclass(frozen=True)
class TierKey:
    """What the state of a tier is kept under."""

    kind: str
    scope: WorkspaceNumber
    tier: str
    cents: int
