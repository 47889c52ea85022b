"""What is asked and how an answer is read: shared by the two clients. No I/O."""

import random
import secrets
from collections.abc import Iterator, Mapping
from decimal import Decimal

import httpx
import msgspec
from msgspec import MsgspecError, Struct
from msgspec.structs import replace

from prepaid.client.errors import PrepaidError, Refused, Unreachable
from prepaid.client.shapes import Charge, Detail

CHARGES = "/v2/operator/charges"
TIMEOUT_S = 10.0
ATTEMPTS = 4
PAUSE_S = 0.1
PAUSE_MAX_S = 5.0
AGAIN = frozenset({408, 425, 429, 502, 503, 504})  # trying again can help

_encode = msgspec.json.Encoder(decimal_format="number").encode
_charge = msgspec.json.Decoder(Charge, float_hook=Decimal).decode


class Order(Struct, frozen=True, kw_only=True):
    """What is to be charged: to an account, or to whoever a customer's API key belongs to."""

    sku: str
    account_id: str | None = None
    api_key: str | None = None
    workspace: str | None = "default"  # a name; None: the account-wide bucket
    quantity: int = 1
    credits: Decimal | int | None = None  # the whole amount, in place of price times quantity
    ttl_seconds: int = 900
    metadata: Mapping[str, str] | None = None
    settle: bool = False

    def body(self) -> bytes:
        """The request's body."""
        wire: dict[str, object] = {
            "sku": self.sku,
            "workspace": self.workspace,
            "quantity": self.quantity,
            "settle": self.settle,
            "ttlSeconds": self.ttl_seconds,
        }
        optional = {
            "accountId": self.account_id,
            "apiKey": self.api_key,
            "credits": self.credits,
            "metadata": self.metadata,
        }
        return _encode(
            wire | {name: value for name, value in optional.items() if value is not None}
        )


class _Problem(Struct):
    code: str
    message: str
    details: tuple[Detail, ...] = ()


class _Envelope(Struct):
    error: _Problem


def new_key() -> str:
    """An idempotency key for one request and all its tries."""
    return secrets.token_urlsafe(18)


def headers(operator_key: str, key: str | None = None) -> dict[str, str]:
    """Headers of a request."""
    made = {"x-operator-key": operator_key, "content-type": "application/json"}
    return made if key is None else made | {"idempotency-key": key}


def final_body(credits: Decimal | int | None, quantity: int | None) -> bytes:
    """The body of a settle; neither: as it was held."""
    named = {"credits": credits, "quantity": quantity}
    return _encode({name: value for name, value in named.items() if value is not None})


def pauses(attempts: int) -> Iterator[float]:
    """How long to wait before each further try: doubling, and never quite the same."""
    for turn in range(attempts - 1):
        spread = random.uniform(0.5, 1.5)  # noqa: S311 - no secret
        yield min(PAUSE_MAX_S, PAUSE_S * 2**turn) * spread


def pause_of(answer: httpx.Response | None, planned: float) -> float:
    """The service may say when to come again."""
    told = None if answer is None else answer.headers.get("retry-after")
    if told is not None and told.isdigit():
        return max(planned, min(int(told), PAUSE_MAX_S))
    return planned


def is_final(answer: httpx.Response) -> bool:
    """Trying again would not help."""
    return answer.status_code not in AGAIN


def read(answer: httpx.Response, *, is_first: bool = True) -> Charge:
    """The charge of an answer. What a later try of ours finds, an earlier one has made.

    Raises:
        Refused: the service said no.
        Unreachable: it said nothing that can be understood.
    """
    try:
        if answer.is_success:
            is_replay = is_first and "idempotent-replayed" in answer.headers
            return replace(_charge(answer.content), replayed=is_replay)
        problem = msgspec.json.decode(answer.content, type=_Envelope).error
    except MsgspecError as error:
        raise Unreachable(f"the service answered {answer.status_code}") from error
    raise _refused(answer, problem)


def _refused(answer: httpx.Response, problem: _Problem) -> PrepaidError:
    if answer.status_code in AGAIN:
        return Unreachable(f"{problem.code}: {problem.message}")
    return Refused(
        answer.status_code, problem.code, problem.message, problem.details, answer.content
    )
