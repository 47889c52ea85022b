"""One envelope for every error, and a request id on every answer, whatever went wrong."""

import httpx
import pytest

from prepaid.web import app
from prepaid.web.errors import STATUSES
from prepaid.web.metrics import Metrics, Reading
from tests.kit.door import CHARGES, OPERATOR, Door, code
from tests.kit.shop import OPERATOR_KEY

UNKNOWN = ["/v2", "/v3/workspaces", "/v2/workspaces/", CHARGES + "/", "/v2/operator", "/%00"]
WRONG_METHODS = [
    ("PUT", CHARGES, "POST"),
    ("DELETE", "/v2/operator/accounts", "GET, HEAD, POST"),
    ("POST", "/v2/workspaces/usage", "DELETE, GET, HEAD, PATCH"),
    ("PATCH", "/openapi.json", "GET, HEAD"),
    ("POST", "/docs", "GET, HEAD"),
    ("POST", "/", "GET, HEAD"),
    ("OPTIONS", "/v2/billing/balance", "GET, HEAD"),
]


@pytest.mark.parametrize("path", UNKNOWN)
async def test_an_unknown_path_is_not_found(lite: Door, path: str) -> None:
    """A slash too many is another path: a redirect would lose the body, or charge by surprise."""
    for method in ("GET", "POST"):
        answer = await lite.client.request(method, path, headers=OPERATOR)

        assert (answer.status_code, code(answer)) == (404, "not_found")


@pytest.mark.parametrize(("method", "path", "allowed"), WRONG_METHODS)
async def test_a_wrong_method_is_told_the_right_ones(
    lite: Door, method: str, path: str, allowed: str
) -> None:
    answer = await lite.client.request(method, path, headers=OPERATOR)

    assert (answer.status_code, code(answer)) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


async def test_every_answer_has_a_request_id_of_its_own(lite: Door) -> None:
    ada = await lite.customer()
    answers = [
        await lite.client.get("/healthz"),
        await lite.client.get("/docs"),
        await lite.client.get("/openapi.json"),
        await lite.operator("GET", "/metrics"),
        await lite.charge(ada),
        await lite.charge(ada, sku="unknown"),
        await lite.client.post(CHARGES),
        await ada.ask("GET", "/v2/billing/balance"),
        await ada.ask("GET", "/v2/nothing"),
    ]
    ids = {answer.headers.get("x-request-id") for answer in answers}

    assert len(ids) == len(answers)
    assert all(ident.startswith("req_") for ident in ids)


async def test_a_fault_of_ours_is_told_without_its_cause(lite: Door) -> None:
    """The caller learns that it is not theirs; the traceback goes to the log."""

    def broken() -> list[Reading]:
        message = "a secret of the inside"
        raise RuntimeError(message)

    faulty = app.build(
        lite.shop.desk,
        operator_key=OPERATOR_KEY,
        public_url="http://shop.test",
        metrics=Metrics(broken),
        lifespan=None,
    )
    transport = httpx.ASGITransport(faulty, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        answer = await client.get("/metrics", headers=OPERATOR)

    assert (answer.status_code, code(answer)) == (500, "internal_error")
    assert "secret" not in answer.text


def test_every_code_has_a_status_of_the_design() -> None:
    of_the_design = {400, 401, 402, 403, 404, 405, 409, 413, 415, 422, 500, 502, 503, 504}
    of_pages = {410, 429}  # a link that is used up, and too many tries

    assert set(STATUSES.values()) == of_the_design | of_pages
