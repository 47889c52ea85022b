"""The routes file: what its keys mean, and that a wrong one is refused at its line."""

from importlib.resources import files
from pathlib import Path

import pytest

from prepaid.domain.instants import HOUR, SECOND
from prepaid.domain.routing import file, routes, selling, toml_lines
from prepaid.domain.routing.file import WrongRoutes
from prepaid.domain.routing.json_trees import Json
from prepaid.domain.routing.templates import Asked

SHIPPED = files("prepaid").joinpath("routes.toml").read_text("utf-8")

EVERYTHING = (Path(__file__).parents[1] / "data" / "routes.toml").read_text("utf-8")


def wrong(text: str) -> WrongRoutes:
    with pytest.raises(WrongRoutes) as error:
        file.parse(text)
    assert str(error.value) == f"line {error.value.line}: {error.value.reason}"
    return error.value


def test_every_key_has_its_meaning() -> None:
    made = file.parse(EVERYTHING)
    report, chat, models = (
        next(route for route in made.routes if route.name == name)
        for name in ("reports", "chat", "models")
    )
    body: Json = {"parts": ["people", "list", "owners"], "id": "1"}

    assert made.upstreams["models"].url == "https://models.example:8443/api"
    assert made.upstreams["models"].headers == (("authorization", "Bearer secret"),)
    assert report.sku is not None
    assert [
        line.sku for line in selling.lines(report.sku, Asked({"country": "FR"}, body=body))
    ] == [
        "fr-people",
        "fr-ubo",
    ]
    assert (report.timeout, report.body_max, report.answer_max) == (2_500_000, 1000, 2000)
    assert report.workspace_at == ("request", "workspace")
    assert report.outcomes.statuses == ((200, 200), (300, 399))
    assert report.outcomes.status_at == ("status", "{item}")
    assert (report.outcomes.billed, report.outcomes.pending) == (("done",), ("running",))
    assert report.repeat is not None
    assert report.repeat.window == HOUR * 3 // 2
    assert report.poll is not None
    assert (report.poll.every, report.poll.give_up) == (SECOND // 2, HOUR)
    assert routes.stored_id(report, Asked(body={"requestId": "r1"})) == "r1"
    assert chat.streams
    assert chat.sku is not None
    assert selling.lines(chat.sku, Asked()) == (routes.Line("chat"),)
    assert models.is_free
    assert not chat.is_free


def test_the_file_that_ships_has_the_built_in_routes() -> None:
    made = file.parse(SHIPPED)

    found = {(route.method, route.path, route.shape) for route in made.routes}
    assert found == {
        ("POST", "/v2/company", "company"),
        ("GET", "/v2/company/{requestId}", "plain"),
        ("POST", "/v2/onboarding", "onboarding"),
        ("GET", "/v2/pricing", "pricing"),
    }
    assert made.upstreams["register"].is_sandbox
    assert [route.name for route in made.routes if route.is_free] == ["pricing", "company-result"]
    assert {route.event for route in made.routes if not route.is_free} == {"company.updated"}


def test_an_empty_file_has_no_routes() -> None:
    assert file.parse("") == routes.Routes()


def line_with(text: str) -> int:
    return next(n for n, line in enumerate(EVERYTHING.split("\n"), 1) if text in line)


ONE_WRONG = [
    ('url = "https://models', 'url = "ftp://models.example"', "url"),
    ('url = "https://models', 'url = "https://user:pw@models.example"', "url"),
    ('url = "https://models', 'url = "https://models.example?x=1"', "url"),
    ("headers =", 'headers = { Authorization = "x" }', "lower case"),
    ("headers =", 'headers = { host = "x" }', "by the proxy"),
    ("headers =", 'headers = { x-key = "a\\nb" }', "printable"),
    ('name = "reports"', 'name = "My Reports"', "a-z"),
    ('name = "chat"', 'name = "reports"', "taken"),
    ('path = "/v1/{country}/reports"', 'path = "v1"', "begin with /"),
    ('path = "/v1/{country}/reports"', 'path = "/v1/{country*}/reports"', "last"),
    ('path = "/v1/{country}/reports"', 'path = "/v1/x{country}"', "no segment"),
    ('path = "/v1/{country}/reports"', 'path = "/v1/../x"', "segment"),
    ('path = "/v1/chat/{rest*}"', 'path = "/v1/{a}/{a}"', "one name"),
    ('upstream_path = "', 'upstream_path = "/r/{path.id}"', "no {id}"),
    ('upstream_path = "', 'upstream_path = "/r/{answer.id}"', "cannot use answer"),
    ("timeout_seconds", "timeout_seconds = 0", ">="),
    ("timeout_seconds", 'timeout_seconds = "2"', "float"),
    ("timeout_seconds", "timeout_s = 2", "no key"),
    ("timeout_seconds", "timeout_seconds = nan", ">="),
    ("body_max_bytes", "body_max_bytes = -1", ">="),
    ("workspace =", 'workspace = "request.*"', "one place"),
    ("event =", 'event = "billing.low_balance.triggered"', "billing"),
    ("event =", 'event = "Report"', "lower case"),
    ("stored =", 'stored = "answer.id"', "cannot use answer"),
    ("template =", 'template = "{path.country}"', "needs {item}"),
    ("template =", 'template = "{path.country|x}-{item}"', "no filter"),
    ("template =", 'template = "{path.country-{item}"', "partner"),
    ("each =", 'each = "query.parts"', "list of the body"),
    ("each =", 'each = "body.a.*.b.*"', "one list"),
    ("map =", "map = { owners = 1 }", "str"),
    ("map =", "map = 3", "object"),
    ("statuses =", 'statuses = ["20x"]', "class"),
    ("statuses =", "statuses = [100]", "final"),
    ("statuses =", "statuses = []", "at least one"),
    ("item_status =", 'item_status = "a..b"', "no path"),
    ("hours =", "hours = 0", "> 0"),
    ("key =", "key = []", "at least one"),
    ("key =", 'key = ["item"]', "cannot use item"),
    ("address =", 'address = "jobs/{answer.id}"', "begin with /"),
    ("address =", 'address = "/jobs/{body.id}"', "cannot use body"),
    ('sku = "chat"', 'sku = "a chat"', "no SKU"),
    ('mode = "stream"', 'mode = "strem"', "mode"),
    ("free = true", "free = 1", "bool"),
    ('method = "GET"', 'method = "FETCH"', "method"),
]


@pytest.mark.parametrize(("old", "new", "reason"), ONE_WRONG)
def test_a_wrong_key_is_refused_at_its_line(old: str, new: str, reason: str) -> None:
    number = line_with(old)
    lines = EVERYTHING.split("\n")
    lines[number - 1] = new

    error = wrong("\n".join(lines))

    assert error.line == number
    assert reason in error.reason


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("x = ", 1, "no TOML"),
        ("\n\n[[routes]\n", 3, "no TOML"),
        ('[a]\nb = """\nlong', 3, "no TOML"),
        ("a = 1" + "0" * 5000, 1, "no TOML"),
        ("a = " + "[" * 20_000, 1, "no TOML"),
        ("# one\n[other]\nx = 1", 2, "no table"),
        ("\nroutes = 3", 2, "[[routes]]"),
        ("\nupstreams = 3", 2, "[upstreams.NAME]"),
        ("[upstreams.Big]\nurl='http://a'", 1, "lower-case"),
        ("[upstreams.a]\n[[routes]]", 1, "needs the key url"),
        ("[[routes]]\nname = 'a'\nmethod = 'GET'", 1, "needs the key path"),
        ("[[routes]]\nname='a'\nmethod='GET'\npath='/'\nupstream='b'", 5, "no upstream"),
        ("[[routes]]\nname='a'\nmethod='GET'\npath='/'", 1, "needs the key upstream"),
        ("[[routes]]\nname='a'\nmethod='POST'\npath='/'\nshape='company'", 1, "key upstream"),
    ],
)
def test_what_is_missing_is_refused_at_its_table(text: str, line: int, reason: str) -> None:
    error = wrong(text)

    assert error.line == line
    assert reason in error.reason


HEAD = """\
[upstreams.a]
url = "http://[::1]:80"
[[routes]]
name = "one"
method = "POST"
path = "/x/{id}"
upstream = "a"
"""


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 3, "needs the key sku"),
        ("sku = 'x'\nfree = true", 9, "there is a sku"),
        ("free = true\n[routes.repeat]\nhours = 1\nkey = ['path.id']", 9, "nothing is billed"),
        ("sku = { template = 'x', map = { a = 'b' } }", 8, "needs the key each"),
        ("sku = { template = 'x', free = ['b'] }", 8, "needs the key each"),
        ("sku = 'x'\nmode = 'stream'\nevent = 'a.b'", 10, "buffered"),
        ("sku = 'x'\nmode = 'stream'\nworkspace = 'a.b'", 10, "buffered"),
        ("sku = 'x'\nmode = 'stream'\nbilled.item_status = 'a'", 10, "buffered"),
        ("shape = 'company'\nsku = 'x'", 9, "by the shape"),
        ("shape = 'company'\nworkspace = 'a'", 9, "by the shape"),
        ("shape = 'company'\n[routes.billed]", 9, "by the shape"),
        (
            "sku='x'\n[[routes]]\nname='two'\nmethod='POST'\nupstream='a'\npath='/x/{b}'\nsku='x'",
            13,
            "already the route 'one'",
        ),
    ],
)
def test_keys_that_do_not_go_together_are_refused(text: str, line: int, reason: str) -> None:
    error = wrong(HEAD + text)

    assert error.line == line
    assert reason in error.reason


def test_a_key_in_a_long_text_is_no_key() -> None:
    text = "a = '''\nb = 1\n'''\nb = 2\n[\"x y\".z]\n'q' = 1\n"

    assert toml_lines.line_of(text, ("b",)) == 4
    assert toml_lines.line_of(text, ("x y", "z", "q")) == 6
    assert toml_lines.line_of(text, ("x y", "z", "absent")) == 5
    assert toml_lines.line_of(text, ("absent", 1)) == 1
