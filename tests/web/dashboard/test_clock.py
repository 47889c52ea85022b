"""A test clock that was advanced: pages say so, and mark what does not follow it."""

import re

from tests.kit import pages
from tests.kit.door import Door

DAY_S = 86_400


async def advance(door: Door, place: str, days: int) -> None:
    answer = await door.operator("POST", place + "/clock", {"advanceSeconds": days * DAY_S})
    assert answer.status_code == 200, answer.text


async def test_pages_say_that_a_test_clock_runs(door: Door) -> None:
    """Else thirty days ahead look like a fault of the service."""
    ada = await door.customer()
    async with pages.admin(door, ada) as person:
        before = await person.see("/billing")
        await advance(door, ada.place, 30)
        after = await person.see("/billing")

    assert "A test clock runs" not in before.text
    assert "data-ahead" not in before.text
    assert "A test clock runs" in after.text
    assert "30 days ahead" in after.text
    assert f'data-ahead="{30 * DAY_S}"' in after.text


async def test_what_does_not_follow_the_clock_is_marked(lite: Door) -> None:
    """A key was made today, and a charge in thirty days: both are told, apart."""
    ada = await lite.customer()
    await advance(lite, ada.place, 30)
    charge = (await lite.charge(ada, settle=True)).json()
    async with pages.admin(lite, ada) as person:
        keys = await person.see("/developers")
        log = await person.see("/developers/requests")

    assert re.search(r"<time [^>]*data-real", keys.text)
    assert charge["reservedAt"][:16] in log.text
    assert "data-real" not in log.text


async def test_the_console_tells_how_far_a_clock_is_ahead(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.operator(lite) as boss:
        before = await boss.see(f"/operator/accounts/{ada.id}")
        await advance(lite, ada.place, 7)
        after = await boss.see(f"/operator/accounts/{ada.id}")

    assert "days ahead" not in before.text
    assert "7 days ahead" in after.text
