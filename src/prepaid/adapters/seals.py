"""Secrets at rest: sealed with AES-256-GCM under a key derived from a setting.

Owns the form of a sealed value: a version byte, four bytes that name the key, a nonce, and the
ciphertext with its tag. Knows nothing of what is sealed or where it is kept.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from prepaid.flows.deliveries.secrets import SealBroken

_VERSION = b"\x01"
_KEY_ID_BYTES = 4
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEAD_BYTES = len(_VERSION) + _KEY_ID_BYTES
_SALT = b"prepaid seals"  # fixed: the setting is random itself, and every process derives alike


class Seals:
    """Seals with one key and opens with that one and older ones. Safe to share between threads."""

    def __init__(self, current: str, *old: str) -> None:
        """Derive the keys from setting strings of at least 32 random characters each.

        To rotate, put the new string first and keep the old ones until `is_current` holds for
        every stored value.

        Raises:
            ValueError: a string is empty, or two of them give the same key id.
        """
        if not all((current, *old)):
            raise ValueError("a secret key must not be empty")
        derived = [_derive(setting) for setting in (current, *old)]
        self._keys = {key_id: AESGCM(key) for key_id, key in derived}
        if len(self._keys) != len(derived):
            raise ValueError("the secret keys must differ from each other")
        self._current = derived[0][0]

    def seal(self, plain: bytes, about: bytes) -> bytes:
        """Encrypt with the current key; 33 bytes longer than `plain`, different each time.

        Args:
            plain: the secret.
            about: where it belongs, for example the endpoint's id; not stored. A sealed value
                that is moved to another place does not open there.
        """
        head = _VERSION + self._current
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self._keys[self._current].encrypt(nonce, plain, head + about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """The secret that `seal` was given, with the same `about`.

        Raises:
            SealBroken: it was not sealed with a key we have, belongs elsewhere, or was changed.
        """
        head, rest = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        key = self._keys.get(head[len(_VERSION) :])
        if not sealed.startswith(_VERSION) or len(rest) < _NONCE_BYTES + _TAG_BYTES:
            raise SealBroken("not a sealed value")
        if key is None:
            raise SealBroken("sealed with a key that is not configured")
        try:
            return key.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head + about)
        except InvalidTag:
            raise SealBroken("changed, or sealed for another place") from None

    def is_current(self, sealed: bytes) -> bool:
        """Whether it was sealed with the current key, so that older ones may go."""
        return sealed[:_HEAD_BYTES] == _VERSION + self._current


def _derive(setting: str) -> tuple[bytes, bytes]:
    kdf = HKDF(SHA256(), _KEY_ID_BYTES + _KEY_BYTES, salt=_SALT, info=b"key id and key")
    derived = kdf.derive(setting.encode())
    return derived[:_KEY_ID_BYTES], derived[_KEY_ID_BYTES:]
