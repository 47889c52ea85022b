"""Webhook signatures: secrets, and the headers a receiver verifies with `svix` unchanged.

HMAC-SHA256 over `id.timestamp.body`, sent under the names of Svix and of Standard Webhooks. Knows
neither endpoints nor the wire; randomness and time are handed in.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from prepaid.domain.instants import SECOND, Instant
from prepaid.domain.refusals import Refusal, invalid

Key = bytes  # what signs; never stored in the open, never logged

SECRET_PREFIX = "whsec_"  # noqa: S105 - it marks a secret, it is none
KEY_BYTES_MIN = 24
KEY_BYTES_MAX = 64
KEY_BYTES = 32  # of a key we make

_SCHEMES = ("svix", "webhook")


def parse_secret(text: str, field: str = "secret") -> Key:
    """The key that a `whsec_…` secret holds.

    Args:
        text: the prefix and 24 to 64 bytes in standard base64; its padding may be missing.
        field: the name of the wire field, for the message.

    Raises:
        Refusal: `invalid_request`; the message never repeats the secret.
    """
    if not text.startswith(SECRET_PREFIX):
        raise invalid(field, f"must begin with {SECRET_PREFIX}")
    digits = text.removeprefix(SECRET_PREFIX)
    bare = digits.rstrip("=")
    try:
        key = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise _not_base64(field) from None
    # Python drops loose bits and surplus padding; a receiver in another language may refuse them.
    exact = base64.b64encode(key).decode()
    if digits not in {exact, exact.rstrip("=")}:
        raise _not_base64(field)
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        need = f"must hold {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes"
        raise invalid(field, f"{need}, {len(key)} given")
    return key


def _not_base64(field: str) -> Refusal:
    return invalid(field, f"must be {SECRET_PREFIX} and standard base64")


def secret_text(key: Key) -> str:
    """The secret as its owner sees it: `whsec_` and padded base64.

    `parse_secret` reads it back.
    """
    assert KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX, "a key has 24 to 64 bytes"
    return SECRET_PREFIX + base64.b64encode(key).decode()


def signature(key: Key, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, `v1,` and base64, over `id.timestamp.body`.

    `timestamp` is in whole seconds since 1970 UTC.
    """
    signed = b"%b.%d.%b" % (message_id.encode("ascii"), timestamp, body)
    # Not hmac.digest(): it lets go of the interpreter for any length, and to get it back from a
    # busy thread took twenty times as long as the signature.
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(message_id: str, at: Instant, body: bytes, keys: Sequence[Key]) -> dict[str, str]:
    """The six headers that carry the signatures, `svix-*` and `webhook-*`.

    Args:
        message_id: the same for every attempt of a message; has no dot, which separates.
        at: time of the attempt; cut to seconds.
        body: the bytes as they are sent.
        keys: at least one; the newest first, then those that still overlap. Each signs.
    """
    assert keys, "a webhook is never sent unsigned"
    assert "." not in message_id, "a dot would make what is signed ambiguous"
    timestamp = at // SECOND
    signatures = " ".join(signature(key, message_id, timestamp, body) for key in keys)
    values = {"id": message_id, "timestamp": str(timestamp), "signature": signatures}
    return {f"{scheme}-{name}": value for scheme in _SCHEMES for name, value in values.items()}
