"""People come in by a link from their mailbox, and see their account."""

import re

from playwright.async_api import expect

from tests.browser.house import Ada, House
from tests.browser.visitor import Visitor


async def test_an_admin_signs_in_from_the_mailbox_and_out_again(
    house: House, visitor: Visitor
) -> None:
    """The link works once; after signing out, its cookie opens nothing."""
    ada = await house.ada()
    await visitor.sign_in_by_mail(ada.email)
    await expect(visitor.page).to_have_url(re.compile(ada.place))
    await visitor.page.get_by_role("button", name="Sign out").click()
    await visitor.page.wait_for_url("**/dashboard/sign-in*")
    await visitor.go(ada.place)

    await expect(visitor.page).to_have_url(re.compile("/dashboard/sign-in"))


async def test_pages_of_signing_in_are_for_everybody(house: House, visitor: Visitor) -> None:
    for path in ("/dashboard/sign-in", "/operator/sign-in"):
        await visitor.go(path)
        await visitor.check_access()


async def test_the_overview_shows_a_charge_without_reload(ada: Ada, visitor: Visitor) -> None:
    await expect(visitor.page.locator("main")).to_contain_text("1,000")
    await ada.charge(12.5)

    await expect(visitor.page.locator("main")).to_contain_text("987.50")
    await visitor.check_access()
