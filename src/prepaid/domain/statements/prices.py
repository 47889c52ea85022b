"""What an account asks of its own clients: a markup, or a price of its own."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from prepaid.domain.ids import WorkspaceNumber
from prepaid.domain.statements.money import Minor, Price, marked_up

ANY_WORKSPACE: WorkspaceNumber = -1
ANY_SKU = ""

Kind = Literal["markup", "per_credit", "per_request"]


class ClientPrice(Struct, frozen=True):
    """One rule. Where several fit, the workspace counts more than the SKU."""

    workspace: WorkspaceNumber  # -1: any
    sku: str  # empty: any
    kind: Kind
    value: int  # parts per million of a markup, else 10^-9 of the currency


class PriceBook:
    """The rules of one account, and what holds where there is none."""

    def __init__(self, rules: Iterable[ClientPrice], credit_price: Minor, currency: str) -> None:
        self._rules = {(rule.workspace, rule.sku): rule for rule in rules}
        self._credit_price = credit_price
        self._currency = currency

    def price(self, workspace: WorkspaceNumber, sku: str) -> Price:
        """What the client pays for a SKU; without a rule, what a credit costs the account."""
        rule = self._rule(workspace, sku)
        if rule is None or rule.kind == "markup":
            markup = 0 if rule is None else rule.value
            return Price("credit", marked_up(self._credit_price, markup, self._currency))
        return Price("credit" if rule.kind == "per_credit" else "request", rule.value)

    def _rule(self, workspace: WorkspaceNumber, sku: str) -> ClientPrice | None:
        places = (
            (workspace, sku),
            (workspace, ANY_SKU),
            (ANY_WORKSPACE, sku),
            (ANY_WORKSPACE, ANY_SKU),
        )
        return next((self._rules[place] for place in places if place in self._rules), None)
