"""What auto top-up has used of its limits, as the billing page tells it."""

import re

import httpx

from prepaid.flows.topups import topup as topups
from tests.kit import pages
from tests.kit.door import Door
from tests.kit.pages import text_of
from tests.web.dashboard.test_paying import AUTO
from tests.web.examples import BILLING, CARD


async def test_the_page_tells_how_much_of_its_limits_is_used(door: Door) -> None:
    """Why nothing is bought, and from when on it is again, by the account's own clock."""
    ada = await door.customer(cents=500)
    await ada.ask("PUT", BILLING + "/payment-method", json=CARD)
    wish = {"thresholdInCreditCents": "100", "amountInCreditCents": "2", "maxPerDay": "2"}
    async with pages.admin(door, ada) as person:
        before = words_of(await person.see("/billing"))
        await person.send("/billing/auto-topup", **AUTO | wish)
        for _ in range(4):
            await topups.work(door.shop.desk)
        after = words_of(await person.see("/billing"))
        await door.operator("POST", ada.place + "/clock", {"advanceSeconds": 86_400})
        tomorrow = words_of(await person.see("/billing"))

    assert "0 of 5 tries today" in before
    assert "without a limit" in before
    assert "2 of 2 tries today" in after
    assert "limit reached" in after
    assert "4.00 of 5,000.00 credits this month" in after
    assert "0 of 2 tries today" in tomorrow
    assert "limit reached" not in tomorrow


def words_of(page: httpx.Response) -> str:
    """A page without its tags, and with single spaces."""
    return " ".join(re.sub(r"<[^>]*>", " ", text_of(page)).split())
