"""Heads that are hardly HTTP: what an upstream answers that cannot be passed on, and odd bytes."""

import pytest
from aiohttp import web

from prepaid.domain.amounts import CREDIT
from tests.kit.door import code
from tests.kit.proxied import ProxyShop
from tests.kit.upstream import Behaviour, Upstream, fine
from tests.store.recount import recount


def says(head: str) -> Behaviour:
    """Answer with a head that no library would write."""

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(
            f"HTTP/1.1 {head}\r\ncontent-length: 2\r\n\r\n{{}}".encode("latin-1")
        )
        request.transport.close()
        return web.Response()

    return answer


ODD = {
    "a status above 599": "600 Odd",
    "a status of three nines": "999 Odd",
    "a status below 100": "099 Odd",
    "another protocol": "101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: odd",
    "a control character": "200 OK\r\nx-odd: a\x01b",
    "a deleted character": "200 OK\r\nx-odd: a\x7fb",
    "a NUL": "200 OK\r\nx-odd: a\x00b",
    "a bare carriage return": "200 OK\r\nx-odd: a\rset-cookie: b",
}


@pytest.mark.parametrize("path", ["/v1/reports/1", "/stream"])
@pytest.mark.parametrize("what", ODD)
async def test_what_cannot_be_passed_on_is_not_paid_for(
    there: ProxyShop, far: Upstream, path: str, what: str
) -> None:
    """The server before us would hang up on it: paid, and nobody told anything."""
    ada = await there.customer(10)
    far.behaviour = says(ODD[what])
    answer = await ada.send("POST", path, content=b"{}")

    assert (answer.status_code, code(answer)) == (502, "upstream_failed")
    kept = await recount(there.shop.desk.vault, ada.account)
    assert kept.balance == 10 * CREDIT
    assert [charge.status for charge in kept.charges.values()] == ["released"]


async def test_an_upstream_does_not_speak_in_our_name(there: ProxyShop, far: Upstream) -> None:
    """Ids of kept answers and replays are told by us alone."""

    async def pretends(_request: web.Request) -> web.StreamResponse:
        ours = {"proxied-request-id": "1", "idempotent-replayed": "true", "x-request-id": "2"}
        return web.json_response({}, headers=ours | {"set-cookie": "a=b", "x-theirs": "3"})

    ada = await there.customer(10)
    far.behaviour = pretends
    for path in ("/v1/reports/1", "/stream"):
        answer = await ada.send("POST", path, content=b"{}")

        assert answer.headers["x-theirs"] == "3"
        assert answer.headers.get_list("x-request-id") != ["2"]
        assert not {"proxied-request-id", "idempotent-replayed", "set-cookie"} & set(answer.headers)


async def test_a_header_in_utf_8_arrives_as_it_was_sent(there: ProxyShop, far: Upstream) -> None:
    """Its bytes are the caller's, whatever they mean."""
    ada = await there.customer(10)
    far.behaviour = fine
    for path in ("/v1/reports/1", "/stream"):
        headers = {b"x-api-key": ada.key.encode(), b"x-name": "Zoë €".encode()}
        await ada.client.post(path, headers=headers, content=b"{}")

    told = [dict(asked.raw_headers)[b"x-name"] for asked in far.asked]
    assert told == ["Zoë €".encode()] * 2


async def test_what_was_paid_for_is_kept_by_no_cache_unless_the_upstream_says_so(
    there: ProxyShop, far: Upstream
) -> None:
    """A cache before us would hand it to the next caller, whoever that is."""

    async def says_so(_request: web.Request) -> web.StreamResponse:
        return web.json_response({}, headers={"cache-control": "public, max-age=60"})

    ada = await there.customer(10)
    for behaviour, word in ((fine, "no-store"), (says_so, "public, max-age=60")):
        far.behaviour = behaviour
        for method, path in (("GET", "/v1/free/x"), ("POST", "/stream")):
            answer = await ada.send(method, path)

            assert answer.headers.get_list("cache-control") == [word]
    refused = await ada.send("GET", "/v1/free/x", "unknown")
    assert (refused.status_code, refused.headers["cache-control"]) == (400, "no-store")
