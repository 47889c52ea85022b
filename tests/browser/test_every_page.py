"""Every page, filled as in the pictures of the documents: readable for everybody, phones too."""

from tests.browser import screenshots
from tests.browser.house import House
from tests.browser.visitor import Visitor


async def test_no_page_of_an_account_has_a_serious_fault(house: House, visitor: Visitor) -> None:
    ada = await screenshots.fill(house)
    await visitor.sign_in(await house.link(ada.email))
    for path in (await screenshots.pages_of(ada)).values():
        await visitor.go(path)
        await visitor.check_access()


async def test_no_page_of_the_console_has_a_serious_fault(house: House, boss: Visitor) -> None:
    ada = await house.ada()
    for path in screenshots.console_of(ada).values():
        await boss.go(path)
        await boss.check_access()
