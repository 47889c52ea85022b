"""The page at /docs: it tells every route of the document, in words, with requests that work."""

import json
import re
import shlex
from collections.abc import Iterator

import msgspec
import pytest
from markupsafe import Markup

from prepaid.domain.routing import file
from prepaid.web import openapi, parsing
from prepaid.web.errors import STATUSES
from prepaid.web.proxied_document import ProxiedPaths
from prepaid.web.reference.fields import Field
from prepaid.web.reference.outline import Operation, Outline, outline
from prepaid.web.reference.prose import coloured, prose
from prepaid.web.reference.refusals import MEANINGS
from prepaid.web.reference.sample_bodies import BODIES
from prepaid.web.reference.tags import PROXIED, TAGS, tag_of
from tests.kit.door import Door
from tests.web.examples import EVERY_ROUTE

SERVER = "http://shop.test"
ROUTES = """
[upstreams.hers]
url = "https://upstream.example"

[[routes]]
name = "reports"
method = "POST"
path = "/reports/{kind}"
upstream = "hers"
sku = "report"
"""


@pytest.fixture(scope="module")
def api() -> Outline:
    return outline(openapi.document(EVERY_ROUTE, SERVER))


def operations(api: Outline) -> Iterator[Operation]:
    return (one for group in api.groups for one in group.operations)


def without_words(fields: tuple[Field, ...]) -> Iterator[str]:
    for field in fields:
        if not field.about:
            yield field.name
        yield from without_words(field.fields)


def test_every_route_of_ours_has_a_heading_and_stands_there_once(api: Outline) -> None:
    """A new path that no heading claims would hide among what others sell."""
    told = [f"{one.method} {one.path}" for one in operations(api)]

    assert sorted(told) == sorted(f"{one.method} {one.path}" for one in EVERY_ROUTE)
    assert [one.path for one in EVERY_ROUTE if tag_of(one.path) is PROXIED] == []
    assert {group.name for group in api.groups} == {tag.name for tag in TAGS} - {PROXIED.name}


def test_every_field_that_is_sent_is_told_in_words(api: Outline) -> None:
    """Put the words into `web/reference/request_words.py`."""
    silent = {
        f"{one.method} {one.path}": [
            *without_words(one.path_fields + one.query_fields + one.header_fields),
            *(name for body in one.bodies for name in without_words(body.fields)),
        ]
        for one in operations(api)
    }

    assert {place: names for place, names in silent.items() if names} == {}


def test_every_error_is_explained() -> None:
    """Put the words into `web/reference/refusals.py`."""
    assert MEANINGS.keys() == STATUSES.keys()


def test_every_example_of_a_body_is_taken_by_its_route() -> None:
    """What is copied from a reference is the first thing that is tried."""
    bodies = {route.body.__name__: route.body for route in EVERY_ROUTE if route.body is not None}
    for name in bodies.keys() & BODIES.keys():
        parsing.decode(msgspec.json.encode(BODIES[name]), bodies[name])

    needy = {name for name, kind in bodies.items() if msgspec.structs.fields(kind)}
    assert needy - BODIES.keys() == set(), "each has one"


def test_the_command_of_a_route_is_the_request(api: Outline) -> None:
    """As a shell reads it: method, path with its parts, key, and the body as JSON."""
    for one in operations(api):
        words = shlex.split(one.request.replace("\\\n", ""))
        url = next(word for word in words if word.startswith(SERVER))
        path = url.removeprefix(SERVER).partition("?")[0]
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        body = words[words.index("-d") + 1] if "-d" in words else None

        assert method == one.method
        assert re.fullmatch(re.sub(r"{\w+}", "[^/]+", one.path), path), path
        assert "{" not in url
        assert (not one.key) or any(word.startswith(one.key) for word in words)
        assert body is None or isinstance(json.loads(body), dict)


async def test_the_page_tells_every_route_with_an_anchor_of_its_own(lite: Door) -> None:
    document = (await lite.client.get("/openapi.json")).json()
    page = await lite.client.get("/docs")
    anchors = re.findall(r' id="([^"]+)"', page.text)
    links = set(re.findall(r' href="#([^"]+)"', page.text))
    ids = [one["operationId"] for ways in document["paths"].values() for one in ways.values()]

    assert page.status_code == 200
    assert len(anchors) == len(set(anchors))
    assert links <= set(anchors), "no link leads nowhere"
    assert {name.replace(".", "-") for name in ids} <= set(anchors)


async def test_the_page_needs_nobody_and_loads_nothing_of_others(lite: Door) -> None:
    page = await lite.client.get("/docs")
    policy = page.headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", page.text)
    for path in re.findall(r'(?:src|href)="(/dashboard/static/[^"]+)"', page.text):
        assert (await lite.client.get(path)).status_code == 200, path


async def test_the_page_is_sent_once_and_in_the_colours_that_were_chosen(lite: Door) -> None:
    first = await lite.client.get("/docs")
    tag = first.headers["etag"]
    again = await lite.client.get("/docs", headers={"if-none-match": tag})
    dark = await lite.client.get("/docs", headers={"cookie": "prepaid_theme=dark"})
    odd = await lite.client.get("/docs", headers={"cookie": 'prepaid_theme="><script>'})
    plain = await lite.client.get("/docs", headers={"accept-encoding": "identity"})

    assert (again.status_code, again.text) == (304, "")
    assert 'data-theme="dark"' in dark.text
    assert dark.headers["etag"] != tag
    assert odd.text == first.text == plain.text
    assert "content-encoding" not in plain.headers
    assert first.headers["content-encoding"] == "gzip"


def test_what_is_passed_on_is_told_below_its_own_heading() -> None:
    routes = ProxiedPaths(file.parse(ROUTES), "x-tag")
    found = outline(openapi.document([], SERVER, routes))
    (group,) = found.groups
    (one,) = group.operations

    assert group.name == PROXIED.name
    assert (one.method, one.path) == ("POST", "/reports/{kind}")
    assert "x-api-key: $API_KEY" in one.request


@pytest.mark.parametrize("text", ["<script>", "a & b", "`<b>`", "`", "a `b` c `d", '"<i>": 1'])
def test_words_are_shown_as_they_are_written(text: str) -> None:
    for shown in (prose(text), coloured(text)):
        assert "<script>" not in shown
        assert "<b>" not in shown
        assert Markup(shown).striptags().replace("`", "") == text.replace("`", "")
