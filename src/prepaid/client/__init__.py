"""Charge for your own API's requests: `Client`, `AsyncClient`, and `Metering` for ASGI apps.

Depends on nothing else of the service, and speaks its operator API over HTTP.
"""

from prepaid.client.asgi import Metering
from prepaid.client.awaiting import AsyncClient, AsyncOpenCharge
from prepaid.client.blocking import Client, OpenCharge
from prepaid.client.errors import PrepaidError, Refused, Unreachable
from prepaid.client.shapes import Charge, Detail, Workspace

__all__ = [
    "AsyncClient",
    "AsyncOpenCharge",
    "Charge",
    "Client",
    "Detail",
    "Metering",
    "OpenCharge",
    "PrepaidError",
    "Refused",
    "Unreachable",
    "Workspace",
]
