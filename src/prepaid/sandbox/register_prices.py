"""What the sandbox register's data costs: a price list to begin with, per country, in credits.

What has no price is not sold: there is no beneficial owner in Germany, no graph in Italy and no
fast source in Germany, so that both refusals can be seen.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from prepaid.domain.amounts import Micros, from_credits
from prepaid.domain.company import plans
from prepaid.domain.company.plans import DOCUMENT
from prepaid.domain.company.requests import Mode
from prepaid.domain.countries import Country


class SeedPrice(NamedTuple):
    """One line of the price list."""

    sku: str
    micros: Micros  # micro-credits per unit
    unit: str
    description: str


ONBOARDING: Final = "onboarding"
_WORDS: Final = {
    "company-data": "Company, representatives, key persons and establishments",
    "shareholders": "Shareholders",
    "ubo": "Ultimate beneficial owners",
    "subsidiaries": "Subsidiaries",
    "graph": "Ownership graph",
    DOCUMENT: "Official document",
    ONBOARDING: "Company data, fast source",
}
_UNITS: Final = {DOCUMENT: "document"}
_COUNTRIES: Final[dict[Country, str]] = {
    "FR": "France",
    "DE": "Germany",
    "IT": "Italy",
    "GB": "United Kingdom",
    "TEST": "Test country",
}
#: Country → what is sold there → credits. `onboarding` is company data in that mode.
_CREDITS: Final[dict[Country, dict[str, str]]] = {
    "FR": {
        "company-data": "1",
        ONBOARDING: "0.2",
        "shareholders": "0.8",
        "ubo": "1.5",
        "subsidiaries": "0.6",
        "graph": "4",
        DOCUMENT: "0.5",
    },
    "DE": {
        "company-data": "2.5",
        "shareholders": "1.2",
        "subsidiaries": "1.2",
        "graph": "6",
        DOCUMENT: "1.5",
    },
    "IT": {
        "company-data": "3.2",
        ONBOARDING: "0.5",
        "shareholders": "1.4",
        "ubo": "2.4",
        "subsidiaries": "1.1",
        DOCUMENT: "2.25",
    },
    "GB": {
        "company-data": "0.8",
        ONBOARDING: "0.1",
        "shareholders": "0.6",
        "ubo": "0.4",
        "subsidiaries": "0.5",
        "graph": "3",
        DOCUMENT: "0.125",
    },
    "TEST": {
        "company-data": "1",
        ONBOARDING: "0.25",
        "shareholders": "0.5",
        "ubo": "0.75",
        "subsidiaries": "0.4",
        "graph": "2",
        DOCUMENT: "0.3",
    },
}


def prices() -> tuple[SeedPrice, ...]:
    """Every price, by country and block."""
    return tuple(
        _price(country, name, amount)
        for country, sold in _CREDITS.items()
        for name, amount in sold.items()
    )


def _price(country: Country, name: str, amount: str) -> SeedPrice:
    mode: Mode = "onboarding" if name == ONBOARDING else "verification"
    sku = plans.sku(country, plans.COMPANY_DATA if name == ONBOARDING else name, mode)
    micros = from_credits(Decimal(amount), "credits")
    unit = _UNITS.get(name, "request")
    return SeedPrice(sku, micros, unit, f"{_WORDS[name]}, {_COUNTRIES[country]}")
