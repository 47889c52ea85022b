"""Letters about what happened to an account: its endpoints, caps, refunds and disputes."""

from decimal import Decimal

import msgspec

from prepaid.adapters import billing_letters
from prepaid.adapters.billing_letters import EndpointDisabled, EndpointFailing, MailTest
from prepaid.adapters.letters import Fact, LetterWriter, View
from prepaid.domain.accounts import Tag
from prepaid.domain.instants import Instant

_MINOR = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0}  # currencies without cents
_decode = msgspec.json.Decoder(dict[str, str]).decode


def view(kind: str, facts: dict[str, str]) -> View:
    """The letter of a notice.

    Raises:
        KeyError: a fact is missing, or no letter is written for this kind.
        ValueError: a fact is not of its kind.
    """
    match kind:
        case "endpoint_failing":
            since, until = int(facts["since"]), int(facts["disable_at"])
            return EndpointFailing(facts["url"], since, until, facts["last_failure"]).view()
        case "endpoint_disabled":
            values = {
                "url": facts["url"],
                "disabled_at": int(facts["at"]),
                "reason": facts["reason"],
            }
            return msgspec.convert(values, EndpointDisabled).view()
        case "test":
            return MailTest(int(facts["at"])).view()
        case "topup_cap":
            return _cap(facts)
        case "topup_refunded" | "topup_disputed":
            return _returned(kind, facts)
    raise KeyError(kind)


def _cap(facts: dict[str, str]) -> View:
    words = {"cap": facts["cap"], "period": facts["period"]}
    return View("topup_cap", words, (("Cap", facts["cap"]), ("Period", facts["period"])))


def _returned(kind: str, facts: dict[str, str]) -> View:
    currency = facts["currency"].upper()
    places = _MINOR.get(currency, 2)
    money = f"{Decimal(facts['price']).scaleb(-places):,.{places}f} {currency}"
    shown: tuple[Fact, ...] = (
        ("Amount", money),
        ("Top-up", facts["topup"]),
        ("Reference", facts["reference"]),
    )
    return View(kind, {"money": money, "topup": facts["topup"]}, shown)


class LetterRoom:
    """Writes every letter there is, from what is kept of its cause."""

    def __init__(self, writer: LetterWriter) -> None:
        self._writer = writer

    def write(
        self,
        kind: str,
        facts: bytes,
        workspace: Tag | None,
        *,
        to: str,
        account: str,
        key: str,
        at: Instant,
    ) -> bytes:
        """The finished message; see `Letters`."""
        if kind.startswith("billing."):
            shown = billing_letters.read(kind, facts, workspace).view()
        else:
            shown = view(kind, _decode(facts))
        return self._writer.write(shown, to=to, account=account, key=key, at=at)
