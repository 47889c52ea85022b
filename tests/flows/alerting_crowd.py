"""A crowd that takes an account's balance down through its tiers and up again, and a recount.

The crowd's answers are put in order by their sequence numbers; what rang is then counted from
them alone: by plain lists, with no window and no clock, since all of it happens within the hour.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

from prepaid.domain.alarms import Tier
from prepaid.domain.alerting import Config
from prepaid.domain.amounts import CENT, Micros
from prepaid.domain.ids import DEFAULT, Seq
from prepaid.domain.notifications import PER_COMMAND_MAX, Notification

CLIENTS = 64
SHARE = 3 * CENT  # what each client takes
START = 150 * CENT  # less than all of them take
RULES = Config(
    low_balance_enabled=True,
    low_balance_tiers=tuple(Tier(f"t{cents}", cents) for cents in range(0, 150, 15)),
    global_high_usage_enabled=True,
    global_high_usage_tiers=(Tier("warning", 500), Tier("critical", 900)),
    high_usage_enabled=True,
    high_usage_tiers=(Tier("warning", 400),),
)
CHANGES: dict[str, object] = {name: getattr(RULES, name) for name in RULES.__struct_fields__}

Facts = tuple[object, ...]


class Told(NamedTuple):
    """One answer: what was asked, and the balance after it."""

    seq: Seq
    verb: Literal["spend", "release", "grant", "configure"]
    micros: Micros
    balance: Micros
    workspace: int = 0


class Recount:
    """What rang, from the answers alone."""

    def __init__(self) -> None:
        self.fired: list[Facts] = []
        self._silent: set[tuple[str, int, str]] = set()
        self._counts: Counter[tuple[str, int, str]] = Counter()
        self._spent: Counter[int] = Counter()
        self._balance = self._seq = 0

    def tell(self, told: Told) -> None:
        """The next answer."""
        assert told.seq == self._seq + 1, "no sequence number is left out"
        self._seq += 1
        self._balance += -told.micros if told.verb == "spend" else told.micros
        assert told.balance == self._balance
        if told.verb == "grant":
            self._arm()
        elif told.verb in ("spend", "release"):
            for scope in {0, told.workspace}:
                self._spent[scope] += told.micros if told.verb == "spend" else -told.micros
        if told.verb == "spend":
            self._ring(told)

    def _arm(self) -> None:
        """A refill arms the tiers it rises above. Nothing else arms any within the hour."""
        for tier in RULES.low_balance_tiers:
            if self._balance > tier.micros:
                self._silent.discard(("low_balance", 0, tier.tier))

    def _ring(self, told: Told) -> None:
        met: list[tuple[str, int, Tier]] = [
            ("low_balance", 0, tier)
            for tier in RULES.low_balance_tiers[::-1]
            if self._balance <= tier.micros
        ]
        for scope, tiers in ((0, RULES.global_high_usage_tiers), (DEFAULT, RULES.high_usage_tiers)):
            if scope in (0, told.workspace):
                met += [("high_usage", scope, x) for x in tiers if self._spent[scope] >= x.micros]
        place = 0
        for kind, scope, tier in met:
            key = kind, scope, tier.tier
            if key not in self._silent:
                self._silent.add(key)
                self._counts[key] += 1
                count = self._counts[key]
                self.fired.append((told.seq, place, *key, count, tier.cents, self._balance))
                place += 1


def recounted(answers: Iterable[Told]) -> list[Facts]:
    """Every crossing, in order."""
    recount = Recount()
    for told in sorted(answers):
        recount.tell(told)
    return recount.fired


def facts(one: Notification) -> Facts:
    """The same of a recorded notification."""
    payload = json.loads(one.payload)
    return (
        one.seq,
        one.number % PER_COMMAND_MAX,
        one.kind,
        one.scope,
        one.identifier,
        int(one.dedup_key.rpartition(":")[2]),
        payload["thresholdCents"],
        payload["balanceCents"] * CENT,
    )
