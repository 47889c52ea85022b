"""The balance: the words of `openapi.json`, one by one."""

import pytest

from tests.kit.door import Door, exact


async def test_the_balance_has_every_field_of_openapi_json(door: Door) -> None:
    ada = await door.customer(42350.25)
    balance = exact(await ada.ask("GET", "/v2/billing/balance"))

    assert str(balance.pop("balanceInCreditCents")) == "42350.25"
    assert balance == {
        "status": "low",
        "autoTopup": {
            "enabled": False,
            "thresholdInCreditCents": 0,
            "amountInCreditCents": 0,
        },
        "lowBalanceThresholds": [{"tier": "warning", "cents": 100_000}],
    }


@pytest.mark.parametrize(
    ("cents", "status"),
    [(100_000.01, "ok"), (100_000, "low"), (0.01, "low"), (0, "depleted"), (-1, "depleted")],
)
async def test_depleted_at_or_below_zero_low_at_or_below_the_highest_threshold(
    lite: Door, cents: float, status: str
) -> None:
    ada = await lite.customer(cents)

    assert (await ada.balance())["status"] == status
