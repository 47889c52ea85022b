"""Answers that a key opened are nobody else's: no cache on the way may keep them."""

import pytest

from tests.kit.door import OPERATOR, Door
from tests.web.estate import estate
from tests.web.examples import routes


async def test_no_cache_may_keep_what_a_key_opens(lite: Door) -> None:
    """A cache knows nothing of our headers: it would answer the next account with this one's."""
    place = await estate(lite)
    keys = OPERATOR | {"x-api-key": place.ada.key}
    for route in routes("operator", "account"):
        if route.method != "GET":
            continue
        path = place.example(route).path
        for headers in (keys, {}, keys | {"accept": "text/csv"}):
            answer = await lite.client.get(path, headers=headers)

            assert answer.status_code in (200, 400, 401), path  # a file has no pages
            assert answer.headers["cache-control"] == "no-store", path
            assert "access-control-allow-origin" not in answer.headers, path


@pytest.mark.parametrize("path", ["/v2/billing/charges/chg_", "/v2/workspaces/usage?x=1"])
async def test_nor_may_it_keep_a_refusal(lite: Door, path: str) -> None:
    ada = await lite.customer()
    answer = await ada.ask("GET", path)

    assert answer.status_code in (400, 404)
    assert answer.headers["cache-control"] == "no-store"
