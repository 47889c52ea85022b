"""Mail that tells a secret: its facts are kept sealed, and its letter is not kept at all."""

import msgspec
from msgspec import Struct

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.flows.deliveries.secrets import Seals
from prepaid.store.deliveries.mails import ClaimedMail

SIGN_IN = "sign_in"
KINDS = frozenset({SIGN_IN})  # whose letters are written anew, alike, for every attempt


class _Sealed(Struct):
    sealed: bytes  # base64 on the way through JSON


def seal(seals: Seals, account: AccountId, key: str, facts: dict[str, str]) -> bytes:
    """Facts as they are kept.

    Raises:
        SealBroken: no secret key is configured.
    """
    sealed = seals.seal(msgspec.json.encode(facts), _about(account, key))
    return msgspec.json.encode(_Sealed(sealed))


def facts_of(seals: Seals, mail: ClaimedMail) -> bytes:
    """The facts that a letter is written from, whether they were sealed or not.

    Raises:
        SealBroken: they cannot be opened.
    """
    if mail.kind not in KINDS:
        return mail.facts
    sealed = msgspec.json.decode(mail.facts, type=_Sealed).sealed
    return seals.open(sealed, _about(mail.account, mail.key))


def _about(account: AccountId, key: str) -> bytes:
    return f"mail {ids.account(account)} {key}".encode()
