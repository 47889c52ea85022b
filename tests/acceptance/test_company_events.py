"""When `company.updated` is sent: for new data, against the register that ships."""

from tests.kit.proxied import Buyer, events, proxy_shop
from tests.kit.shop import Shop


async def test_an_event_is_sent_for_new_data_only(shop: Shop) -> None:
    """Not for a look-up that found nothing, nor again for what was told within the day."""
    async with proxy_shop(shop) as there:
        ada, bob = await there.customer(10), await there.customer(10)

        async def told(who: Buyer) -> int:
            return len(await events(there.shop.desk.vault, who.account))

        counts = []
        for company_id, *asked in (
            ("RESOURCE_NOT_FOUND", "company"),
            ("1", "company", "shareholders"),
            ("1", "company", "shareholders"),
            ("1", "shareholders"),
            ("1", "establishments"),  # free like the company, and new
            ("2", "company"),
            ("PENDING", "company"),
            ("PENDING", "company"),
        ):
            assert (await ada.company(company_id, *asked)).status_code == 200
            counts.append(await told(ada))
        assert counts == [0, 1, 1, 1, 2, 3, 3, 3]

        await bob.company("1", "company")
        assert await told(bob) == 1
        await ada.later(24 * 3600 + 60)
        await ada.company("1", "company")
        assert await told(ada) == 4
