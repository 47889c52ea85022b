"""The event types an account's endpoints may receive, one module each.

A module owns its event's name, payload, example and meaning; `catalogue` lists them. To add one:
write its module, and its line there. Knows no delivery.
"""

from prepaid.domain.events.catalogue import BY_NAME, CATALOGUE
from prepaid.domain.events.event_type import EventType

__all__ = ["BY_NAME", "CATALOGUE", "EventType"]
