"""Secrets of endpoints: sealed for the place they belong to. Where the key is, nobody asks."""

import json
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from prepaid.domain import ids
from prepaid.domain.deliveries.signatures import Key
from prepaid.domain.refusals import Refusal
from prepaid.store.deliveries.delivery import Target
from prepaid.store.deliveries.queue import Place


class SealBroken(Exception):
    """A sealed value cannot be opened: sealed with another key, or changed."""


class Seals(Protocol):
    """Encrypts what is kept; opens it only for the place it was sealed for."""

    def seal(self, plain: bytes, about: bytes, /) -> bytes:
        """Encrypt."""

    def open(self, sealed: bytes, about: bytes, /) -> bytes:
        """What was sealed.

        Raises:
            SealBroken: it cannot be opened.
        """


class NoSeals:
    """Stands where no secret key is configured: nothing can be sealed or opened."""

    def seal(self, _plain: bytes, _about: bytes) -> bytes:
        """Refuse.

        Raises:
            Refusal: `409 secret_key_missing`.
        """
        message = "no secret can be kept: the operator has to set PREPAID_SECRET_KEY first"
        raise Refusal("secret_key_missing", message)

    def open(self, _sealed: bytes, _about: bytes) -> bytes:
        """Refuse."""
        raise SealBroken("no secret key is configured")


def seal_key(seals: Seals, place: Place, number: int, key: Key) -> bytes:
    """A signing key as it is kept."""
    return seals.seal(key, _about("secret", place, number))


def open_key(seals: Seals, place: Place, number: int, sealed: bytes) -> Key:
    """The signing key.

    Raises:
        SealBroken: it cannot be opened.
    """
    return seals.open(sealed, _about("secret", place, number))


def seal_headers(seals: Seals, place: Place, headers: Mapping[str, str]) -> bytes | None:
    """An endpoint's own headers as they are kept; None: none."""
    if not headers:
        return None
    return seals.seal(json.dumps(dict(headers)).encode(), _about("headers", place))


def headers_of(seals: Seals, place: Place, sealed: bytes | None) -> dict[str, str]:
    """An endpoint's own headers.

    Raises:
        SealBroken: they cannot be opened.
    """
    if sealed is None:
        return {}
    found: dict[str, str] = json.loads(seals.open(sealed, _about("headers", place)))
    return found


class Opened(NamedTuple):
    """What is sealed of an endpoint, opened."""

    keys: list[Key]  # every one that signs now, the newest first
    headers: dict[str, str]


def opened(seals: Seals, target: Target) -> Opened:
    """What is needed to send to a target now.

    Raises:
        SealBroken: something cannot be opened.
    """
    keys = [open_key(seals, target.place, one.number, one.sealed) for one in target.secrets]
    return Opened(keys, headers_of(seals, target.place, target.headers))


def _about(what: str, place: Place, number: int = 0) -> bytes:
    return f"{what} {ids.owned('ep', *place)} {number}".encode()
