"""Every event type there is, in the order in which they are listed."""

from prepaid.domain.events import (
    company_updated,
    high_usage,
    limit_reached,
    low_balance,
    statement_ready,
    topup_failed,
    topup_succeeded,
)
from prepaid.domain.events.event_type import EventType

CATALOGUE: tuple[EventType, ...] = (
    company_updated.EVENT,
    low_balance.EVENT,
    high_usage.EVENT,
    topup_succeeded.EVENT,
    topup_failed.EVENT,
    limit_reached.EVENT,
    statement_ready.EVENT,
)
BY_NAME: dict[str, EventType] = {event.name: event for event in CATALOGUE}
