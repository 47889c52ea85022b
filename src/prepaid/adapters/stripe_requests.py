"""One request to Stripe: sent once, with one time limit, and every error sorted into two kinds.

Either Stripe understood and refused (`Refused`), or nothing usable came back.
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import httpx
import stripe

from prepaid.flows.topups.payments import ProviderUnreachable
from prepaid.store import guard

Refused = (stripe.CardError, stripe.InvalidRequestError)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_NOT_DONE = (stripe.AuthenticationError, stripe.PermissionError, stripe.RateLimitError)

T = TypeVar("T")


async def sent(request: Awaitable[T], timeout_s: float) -> T:
    """The answer to a request.

    Raises:
        CardError, InvalidRequestError: the request was understood and refused.
        ProviderUnreachable: everything else.
    """
    guard.assert_no_transaction()
    try:
        # The library's own time limit is one for each read; this one is for all of it.
        async with asyncio.timeout(timeout_s):
            return await request
    except TimeoutError as error:
        raise ProviderUnreachable("timeout", lost=True) from error
    except stripe.APIConnectionError as error:
        lost = not isinstance(error.__cause__, _NEVER_SENT)
        raise ProviderUnreachable("no_connection", lost=lost) from error
    except UnicodeDecodeError as error:
        raise ProviderUnreachable("unreadable", lost=True) from error
    except Refused:
        raise
    except _NOT_DONE as error:
        raise ProviderUnreachable(f"http_{error.http_status}", lost=False) from error
    except stripe.StripeError as error:
        # 5xx, a twin of the request in flight, a key used for another request: the outcome has
        # to be looked up.
        raise ProviderUnreachable(f"http_{error.http_status}", lost=True) from error


def unreachable(error: stripe.StripeError) -> ProviderUnreachable:
    """A refusal where none is expected, such as a customer that was deleted at Stripe."""
    return ProviderUnreachable(f"refused_{error.code or error.http_status}", lost=False)
