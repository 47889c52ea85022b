"""What the account is told of an automatic top-up, byte for byte as the guide shows it."""

from typing import Literal

import msgspec

from prepaid.domain import ids
from prepaid.domain.alerting import Config
from prepaid.domain.amounts import Micros, cents
from prepaid.domain.events.topup_failed import TOPUP_FAILED, TopupFailed
from prepaid.domain.events.topup_succeeded import TOPUP_SUCCEEDED, TopupSucceeded
from prepaid.domain.instants import iso_millis
from prepaid.domain.notifications import PER_COMMAND_MAX, Cause, Notification
from prepaid.domain.topups.topup import Attempt
from prepaid.domain.windows import GLOBAL

_encode = msgspec.json.Encoder(decimal_format="number").encode


def succeeded(
    cause: Cause, attempt: Attempt, threshold: Micros, config: Config
) -> Notification | None:
    """The notification of a credited attempt.

    Args:
        cause: the command that credited it; before and after are the balances around the entry.
        attempt: as it is after that.
        threshold: micro-credits, of the account's auto top-up at that time.
        config: of the account.

    Returns:
        None for a top-up by hand, and while these notifications are switched off.
    """
    assert attempt.status == "succeeded", "it is told when it is true"
    assert attempt.payment is not None, "a paid attempt has its payment"
    payload = TopupSucceeded(
        TOPUP_SUCCEEDED,
        "1",
        ids.account(cause.account),
        cents(attempt.amount),
        cents(cause.before),
        cents(cause.after),
        cents(threshold),
        attempt.payment,
        iso_millis(cause.at),
    )
    return _record(cause, attempt, "succeeded", TOPUP_SUCCEEDED, _encode(payload), config)


def failed(cause: Cause, attempt: Attempt, config: Config) -> Notification | None:
    """The notification of a failed attempt, which has switched auto top-up off.

    Returns:
        None for a top-up by hand, and while these notifications are switched off.
    """
    assert attempt.status == "failed", "it is told when it is true"
    assert attempt.error is not None, "a failed attempt says why"
    payload = TopupFailed(
        TOPUP_FAILED,
        "1",
        ids.account(cause.account),
        cents(attempt.amount),
        cents(cause.balance),
        attempt.error,
        attempt.payment,
        auto_topup_disabled=True,
        fired_at=iso_millis(cause.at),
    )
    return _record(cause, attempt, "failed", TOPUP_FAILED, _encode(payload), config)


def _record(
    cause: Cause,
    attempt: Attempt,
    outcome: Literal["succeeded", "failed"],
    event_type: str,
    payload: bytes,
    config: Config,
) -> Notification | None:
    if attempt.kind == "manual" or not config.auto_topup_notifications_enabled:
        return None
    return Notification(
        account=cause.account,
        number=cause.seq * PER_COMMAND_MAX + cause.place,
        kind="auto_topup",
        identifier=outcome,
        scope=GLOBAL,
        # A success reported after a failure is a second notification, so the outcome is in it.
        dedup_key=f"auto_topup:{outcome}:{attempt.id}",
        fired_at=cause.at,
        event_type=event_type,
        payload=payload,
        email=config.auto_topup_email_enabled,
        webhook=config.auto_topup_webhook_enabled,
        charge=cause.charge,
        before=cause.before,
        after=cause.after,
    )
