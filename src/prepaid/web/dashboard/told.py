"""Notifications in words for people: what happened, how bad it is, and where."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec
from msgspec import Struct

from prepaid.domain.amounts import CENT, Micros
from prepaid.domain.instants import Instant, from_datetime
from prepaid.domain.notifications import Notification
from prepaid.domain.topups.topup import GAVE_UP, STILL_PENDING
from prepaid.web.dashboard.form_state import sentence
from prepaid.web.dashboard.shown import amount, minutes


class Told(Struct, frozen=True):
    """A notification as a list shows it."""

    title: str
    text: str
    icon: str
    tone: str


class Facts(Struct, frozen=True, rename="camel"):
    """What a payload says that the record does not."""

    threshold_cents: int | None = None
    period_minutes: int | None = None
    error_message: str | None = None


class TopupEnd(NamedTuple):
    """How an automatic top-up ended."""

    topup: str  # its id
    error: str | None  # None: it was paid


class Refused(Struct, frozen=True, rename="camel"):
    """What the payload of a spend limit says: which charge it refused, and when there is room."""

    limit_cents: int
    spent_cents: Decimal
    refused_cents: Decimal
    frees_at: datetime | None  # None: a charge of that size never passes

    @property
    def limit(self) -> Micros:
        """What may be spent."""
        return self.limit_cents * CENT

    @property
    def spent(self) -> Micros:
        """What was spent of it."""
        return int(self.spent_cents * CENT)

    @property
    def amount(self) -> Micros:
        """What the charge would have cost."""
        return int(self.refused_cents * CENT)

    @property
    def room_from(self) -> Instant | None:
        """When the same charge passes."""
        return None if self.frees_at is None else from_datetime(self.frees_at)


_FAILED = {GAVE_UP: "No answer", STILL_PENDING: "Not decided"}  # nobody declined these
TONES = {"depleted": "bad", "critical": "bad", "failed": "bad", "succeeded": "good"}


def told(one: Notification, names: Mapping[int, str]) -> Told:
    """The words for a notification; `names` are those of workspaces, by their numbers."""
    facts = msgspec.json.decode(one.payload, type=Facts)
    tone = TONES.get(one.identifier, "warning")
    limit = "" if facts.threshold_cents is None else amount(facts.threshold_cents * CENT)
    if one.kind == "low_balance":
        text = f"The balance fell to {amount(one.after)} credits; the tier is {limit}."
        return Told(f"Low balance: {one.identifier}", text, "wallet", tone)
    if one.kind == "high_usage":
        who = names.get(one.scope, "an archived workspace") if one.scope else "The account"
        over = "" if facts.period_minutes is None else f" within {minutes(facts.period_minutes)}"
        text = f"{who} spent {amount(one.after)} credits{over}; the tier is {limit}."
        return Told(f"High usage: {one.identifier}", text, "chart", tone)
    if one.kind == "auto_topup":
        text = f"The balance went from {amount(one.before)} to {amount(one.after)}"
        if facts.error_message is not None:
            text = f"{_FAILED.get(facts.error_message, 'Declined')}: {facts.error_message}."
            text += " Auto top-up is switched off"
        return Told(f"Auto top-up {one.identifier}", sentence(text), "credit_card", tone)
    where = names.get(one.scope, "A workspace")
    found = refused(one)
    text = (
        f"{where} was refused a charge of {amount(found.amount)} credits:"
        f" it spent {amount(found.spent)}, and its limit is {amount(found.limit)}."
    )
    return Told("Spend limit reached", text, "layers", tone)


def why(one: Notification) -> TopupEnd:
    """Which top-up a notification tells of, and why it failed, if it did."""
    facts = msgspec.json.decode(one.payload, type=Facts)
    return TopupEnd(one.dedup_key.rpartition(":")[2], facts.error_message)


def refused(one: Notification) -> Refused:
    """What a notification of a spend limit says of the charge."""
    return msgspec.json.decode(one.payload, type=Refused)
