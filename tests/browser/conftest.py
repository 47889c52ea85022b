"""A real browser before the real service.

`house`     a served installation of this test process, with sandbox mail, payments and receiver
`browser`   Debian's Chromium, one for all tests
`visitor`   a window of its own; what it must never do fails the test (see `watch.py`)
`ada`       an account with credit, and its admin's window, signed in by a link from the mailbox
`boss`      the operator's window, signed in
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.house import Ada, House, opened
from tests.browser.visitor import Visitor

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests share one loop, since they share one browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(sqlite_template, tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(house: House, browser: Browser) -> AsyncIterator[Visitor]:
    async with Visitor.entering(browser, house.url) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def ada(house: House, visitor: Visitor) -> Ada:
    made = await house.ada()
    await visitor.sign_in(await house.link(made.email))
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def boss(house: House, visitor: Visitor) -> Visitor:
    await visitor.sign_in(await house.link(None))
    return visitor
