"""The letters there are: the five billing notifications, two about endpoints, and a test.

Each is a frozen value that knows how it is viewed. The billing letters are read from the payload
that the webhook carries too, so mail and webhook never disagree.
"""

from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from prepaid.adapters.letters import Fact, View, amount
from prepaid.domain.accounts import Tag
from prepaid.domain.events import TOPUP_FAILED, TOPUP_SUCCEEDED
from prepaid.domain.instants import Instant, to_datetime
from prepaid.domain.notifications import HIGH_USAGE, LOW_BALANCE

_HOUR = 60
_DAY = 24 * _HOUR


class LowBalance(Struct, frozen=True, rename="camel"):
    """`billing.low_balance.triggered`, amounts in credit cents."""

    tier: str
    balance_cents: Decimal
    threshold_cents: Decimal
    auto_topup_enabled: bool
    fired_at: str

    def view(self) -> View:
        """As its template sees it."""
        balance, threshold = amount(self.balance_cents), amount(self.threshold_cents)
        words = {
            "tier": self.tier,
            "balance": balance,
            "threshold": threshold,
            "auto_topup": "on" if self.auto_topup_enabled else "",
        }
        facts = (
            ("Balance", balance),
            ("Threshold", f"{threshold} ({self.tier})"),
            ("Auto top-up", "on" if self.auto_topup_enabled else "off"),
            _fired(self.fired_at),
        )
        return View("low_balance", words, facts)


class HighUsage(Struct, frozen=True, rename="camel"):
    """`billing.high_usage.triggered`, amounts in credit cents, period in minutes."""

    scope: Literal["workspace", "global"]
    tier: str
    period_minutes: int
    period_spend_cents: Decimal
    threshold_cents: Decimal
    balance_cents: Decimal
    fired_at: str
    workspace_id: str | None = None
    workspace: Tag | None = None  # not in the payload: its names when the letter is written

    def view(self) -> View:
        """As its template sees it. A workspace that has no names any more shows its id."""
        spend, threshold = amount(self.period_spend_cents), amount(self.threshold_cents)
        period = _period(self.period_minutes)
        name = self.workspace.name if self.workspace else self.workspace_id or ""
        legal_name = self.workspace.legal_name if self.workspace else "archived"
        words = {
            "scope": self.scope,
            "tier": self.tier,
            "spend": spend,
            "period": period,
            "last": period.removeprefix("1 "),
            "threshold": threshold,
            "workspace": name,
            "legal_name": legal_name,
        }
        place: tuple[Fact, ...] = (("Workspace", name), ("Legal name", legal_name))
        facts = (
            *(place if self.scope == "workspace" else (("Scope", "the whole account"),)),
            ("Spend", f"{spend} in {period}"),
            ("Threshold", f"{threshold} ({self.tier})"),
            ("Balance", amount(self.balance_cents)),
            _fired(self.fired_at),
        )
        return View("high_usage", words, facts)


class TopupSucceeded(Struct, frozen=True, rename="camel"):
    """`billing.auto_topup.succeeded`, amounts in credit cents."""

    amount_cents: Decimal
    previous_balance_cents: Decimal
    new_balance_cents: Decimal
    threshold_cents: Decimal
    fired_at: str

    def view(self) -> View:
        """As its template sees it."""
        words = {"amount": amount(self.amount_cents), "balance": amount(self.new_balance_cents)}
        facts = (
            ("Added", words["amount"]),
            ("Balance before", amount(self.previous_balance_cents)),
            ("Balance now", words["balance"]),
            ("Tops up at", amount(self.threshold_cents)),
            _fired(self.fired_at),
        )
        return View("topup_succeeded", words, facts)


class TopupFailed(Struct, frozen=True, rename="camel"):
    """`billing.auto_topup.failed`, amounts in credit cents."""

    attempted_amount_cents: Decimal
    current_balance_cents: Decimal
    error_message: str
    auto_topup_disabled: bool
    fired_at: str

    def view(self) -> View:
        """As its template sees it."""
        words = {
            "amount": amount(self.attempted_amount_cents),
            "balance": amount(self.current_balance_cents),
            "error": self.error_message,
            "disabled": "yes" if self.auto_topup_disabled else "",
        }
        facts = (
            ("Not added", words["amount"]),
            ("Reason", self.error_message),
            ("Balance", words["balance"]),
            ("Auto top-up", "switched off" if self.auto_topup_disabled else "on"),
            _fired(self.fired_at),
        )
        return View("topup_failed", words, facts)


class EndpointFailing(Struct, frozen=True):
    """An endpoint has had no success for a day, or for three."""

    url: str
    failing_since: Instant
    disable_at: Instant  # when it may be disabled, if nothing succeeds
    last_failure: str  # status or class of error of the last attempt, in words

    def view(self) -> View:
        """As its template sees it; the URL's query may be a secret and is left out."""
        since, until = _time(self.failing_since), _time(self.disable_at)
        words = _place(self.url) | {"since": since, "disable_at": until}
        facts = (
            ("Endpoint", words["url"]),
            ("Failing since", since),
            ("Last failure", self.last_failure),
            ("May be disabled from", until),
        )
        return View("endpoint_failing", words, facts, "webhooks")


class EndpointDisabled(Struct, frozen=True):
    """An endpoint was switched off by the service."""

    url: str
    disabled_at: Instant
    reason: Literal["failing", "gone", "asked"]  # 5 days, 410 twice, or `webhook-delivery`

    def view(self) -> View:
        """As its template sees it; the URL's query may be a secret and is left out."""
        words = _place(self.url) | {"reason": self.reason}
        facts = (("Endpoint", words["url"]), ("Disabled", _time(self.disabled_at)))
        return View("endpoint_disabled", words, facts, "webhooks")


class MailTest(Struct, frozen=True):
    """Shows that mail arrives."""

    asked_at: Instant

    def view(self) -> View:
        """As its template sees it."""
        return View("test", {}, (("Sent", _time(self.asked_at)),))


Billing = LowBalance | HighUsage | TopupSucceeded | TopupFailed
Letter = Billing | EndpointFailing | EndpointDisabled | MailTest

_PAYLOADS: dict[str, type[LowBalance | HighUsage | TopupSucceeded | TopupFailed]] = {
    LOW_BALANCE: LowBalance,
    HIGH_USAGE: HighUsage,
    TOPUP_SUCCEEDED: TopupSucceeded,
    TOPUP_FAILED: TopupFailed,
}


def read(event_type: str, payload: bytes, workspace: Tag | None = None) -> Billing:
    """The letter for a notification.

    Args:
        event_type: one of the four `billing.…` types.
        payload: the notification's, as it was frozen.
        workspace: the names of the workspace that the payload's `workspaceId` means.

    Raises:
        KeyError: no letter is written for this type.
        msgspec.ValidationError: the payload is not of this type.
    """
    letter = msgspec.json.decode(payload, type=_PAYLOADS[event_type])
    return replace(letter, workspace=workspace) if isinstance(letter, HighUsage) else letter


def _fired(fired_at: str) -> Fact:
    return ("When", f"{fired_at[:10]} {fired_at[11:16]} UTC")


def _time(instant: Instant) -> str:
    return f"{to_datetime(instant):%Y-%m-%d %H:%M} UTC"


def _period(minutes: int) -> str:
    if minutes == _HOUR:
        return "1 hour"
    if minutes % _DAY == 0 and minutes > _DAY:
        return f"{minutes // _DAY} days"
    return f"{minutes // _HOUR} hours" if minutes % _HOUR == 0 else f"{minutes} minutes"


def _place(url: str) -> dict[str, str]:
    shown = url.partition("?")[0]
    return {"url": shown, "host": shown.partition("://")[2].partition("/")[0]}
