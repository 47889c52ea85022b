"""What the routes of the proxy mean: which one matches, and what it bills as what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.instants import HOUR
from prepaid.domain.refusals import Refusal
from prepaid.domain.routing import paths, routes, selling, templates
from prepaid.domain.routing.json_trees import Json
from prepaid.domain.routing.routes import Line, Repeat, Route, Routes, SkuRule
from prepaid.domain.routing.templates import Asked, TemplateError


def route(path: str = "/v1/x", **changes: object) -> Route:
    values: dict[str, object] = {"name": path, "method": "GET", "path": path, **changes}
    return Route(**values)  # type: ignore[arg-type]


def routes_of(*paths: str) -> Routes:
    return Routes(routes.ordered([route(path) for path in paths]))


def rule(template: str, each: str | None = None, **changes: object) -> SkuRule:
    path = None if each is None else tuple(each.split("."))
    values: dict[str, object] = {"template": templates.template(template), "each": path}
    return SkuRule(**values | changes)  # type: ignore[arg-type]


def refused_field(error: pytest.ExceptionInfo[Refusal]) -> str:
    assert error.value.code == "invalid_request"
    return error.value.details[0].field


@pytest.mark.parametrize(
    ("path", "found", "params"),
    [
        ("/v1/users/me", "/v1/users/me", {}),
        ("/v1/users/42", "/v1/users/{id}", {"id": "42"}),
        ("/v1/users/42/posts", "/v1/users/{id}/posts", {"id": "42"}),
        ("/v1/users/me/posts", "/v1/users/{id}/posts", {"id": "me"}),
        ("/v1/users/42/a/b", "/v1/{rest*}", {"rest": "users/42/a/b"}),
        ("/v1/a%20b", "/v1/{rest*}", {"rest": "a%20b"}),
    ],
)
def test_the_more_exact_route_is_taken(path: str, found: str, params: dict[str, str]) -> None:
    known = routes_of("/v1/{rest*}", "/v1/users/{id}", "/v1/users/me", "/v1/users/{id}/posts")

    match = known.match("GET", path)

    assert match is not None
    assert (match.route.path, match.params) == (found, params)


@pytest.mark.parametrize("path", ["", "v1/users/1", "/v1/users/", "/v1/users", "/v2/users/1", "*"])
def test_other_paths_match_nothing(path: str) -> None:
    assert routes_of("/v1/users/{id}").match("GET", path) is None


@pytest.mark.parametrize(
    "path",
    ["/v1/..", "/v1/%2e%2E", "/v1/a/../b", "/v1/..%2fadmin", "/v1/..\\admin", "/v1/.%2e%5cx"],
)
def test_a_path_that_climbs_matches_nothing(path: str) -> None:
    """An upstream would read another path than the one that was priced."""
    assert routes_of("/v1/{rest*}", "/v1/{id}").match("GET", path) is None


def test_a_path_with_another_method_says_which_it_has() -> None:
    known = Routes((route("/v1/x"), route("/v1/x", name="post", method="POST")))

    assert known.match("PUT", "/v1/x") is None
    assert known.methods("/v1/x") == ("GET", "POST")
    assert known.methods("/v1/y") == ()


@given(st.text(), st.text())
def test_any_path_is_matched_or_not(method: str, path: str) -> None:
    match = routes_of("/{a}", "/v1/{id}/x", "/v2/{rest*}").match(method, path)

    assert match is None or paths.params(match.route.segments, path.split("/")[1:])


def test_a_template_is_filled_from_every_part_of_a_request() -> None:
    asked = Asked({"id": "7"}, {"q": "Query"}, {"x-tier": "Gold"}, {"a": [{"b": True}], "c": "fr"})
    text = "{path.id}-{query.q|lower}-{header.x-tier|upper}-{body.a.0.b}-{body.c|iso3}"

    assert templates.render(templates.template(text), asked) == "7-query-GOLD-true-fra"


@pytest.mark.parametrize(
    ("hole", "field"),
    [
        ("body.country", "country"),
        ("body.a.b", "a.b"),
        ("body.price", "price"),
        ("body.country|iso3", "country"),
        ("query.q", "query q"),
        ("header.x-model", "header x-model"),
    ],
)
def test_a_field_that_prices_a_request_must_be_there(hole: str, field: str) -> None:
    asked = Asked(body={"a": {"b": None}, "price": 1.5, "list": []})

    with pytest.raises(Refusal) as error:
        templates.render(templates.template(f"{{{hole}}}-x"), asked)

    assert refused_field(error) == field


def test_a_country_we_do_not_know_is_refused() -> None:
    wanted = templates.template("{body.c|iso3}-x")

    with pytest.raises(Refusal, match="country"):
        templates.render(wanted, Asked(body={"c": "XX"}))


@pytest.mark.parametrize(
    "text", ["{", "}", "a{b", "{}", "{nobody.x}", "{body}", "{body.}", "{query.a.b}", "{item.x}",
             "{body.x|reverse}", "{header.X}", "{body.a b}", "{{body.x}}"],
)  # fmt: skip
def test_a_wrong_template_says_so(text: str) -> None:
    with pytest.raises(TemplateError):
        templates.template(text)


@given(st.text(alphabet="{}bodyquery.*|lower item", max_size=30))
def test_any_text_is_a_template_or_a_template_error(text: str) -> None:
    try:
        made = templates.template(text)
    except TemplateError:
        return
    assert all(made.parts)


def test_what_fills_an_upstream_path_stays_in_its_segment() -> None:
    wanted = templates.template("/companies/{body.id}")

    assert templates.render_path(wanted, Asked(body={"id": "a-1"})) == "/companies/a-1"
    for bad in ("../admin", "a/b", "..", "a?b", "é", ""):
        with pytest.raises(Refusal) as error:
            templates.render_path(wanted, Asked(body={"id": bad}))
        assert refused_field(error) == "id"


def test_one_charge_per_sku_of_a_list() -> None:
    """Items that the map gives one SKU are bought together; free ones are not charged."""
    names = {"company": "company-data", "persons": "company-data", "ubo": "ubo"}
    wanted = rule("{body.c|iso3}-{item}", "points", names=names, free=frozenset({"list"}))
    points: Json = ["company", "list", "ubo", "persons", "ubo"]

    found = selling.lines(wanted, Asked(body={"c": "FR", "points": points}))

    assert found == (Line("fra-company-data", ("company", "persons")), Line("fra-ubo", ("ubo",)))


def test_items_may_be_objects() -> None:
    wanted = rule("sms-{item|lower}", "messages.*.country")
    body: Json = {"messages": [{"country": "FR"}, {"country": "DE"}, {"country": "FR"}]}

    assert [line.sku for line in selling.lines(wanted, Asked(body=body))] == ["sms-fr", "sms-de"]


@pytest.mark.parametrize(
    ("points", "field"),
    [
        (None, "points"),
        ("company", "points"),
        ([1.5], "points[0]"),
        (["a", "other"], "points[1]"),
        (["a"] * 101, "points"),
        (["bad sku"], "points[0]"),
    ],
)
def test_a_wrong_list_names_its_item(points: Json, field: str) -> None:
    wanted = rule("{item}", "points", names={"a": "a", "bad sku": "no sku"})

    with pytest.raises(Refusal) as error:
        selling.lines(wanted, Asked(body={"points": points}))

    assert refused_field(error) == field


def test_a_template_that_makes_no_sku_names_its_field() -> None:
    with pytest.raises(Refusal) as error:
        selling.lines(rule("x-{body.model}"), Asked(body={"model": "a b"}))

    assert refused_field(error) == "model"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=10,
)


@given(JSON, st.sampled_from(["a", "a.b", "a.*.b", "*", "0"]))
def test_any_body_has_lines_or_is_refused(body: Json, each: str) -> None:
    try:
        found = selling.lines(rule("x-{item}-{body.b}", each), Asked(body=body))
    except Refusal:
        return
    assert all(routes.SKU.fullmatch(line.sku) for line in found)


def test_a_repeat_is_equal_in_its_key_fields() -> None:
    wanted = Repeat(24 * HOUR, (templates.field("body.c"), templates.field("body.id")))

    def key(body: Json, part: str = "") -> str | None:
        return selling.repeat_key(wanted, Asked(body=body), Line("sku", (), part))

    assert key({"c": "FR", "id": "1", "more": 1}) == key({"id": " 1 ", "c": "FR"})
    assert key({"c": "FR", "id": "1"}) != key({"c": "DE", "id": "1"})
    assert key({"c": "FR", "id": "1"}) != key({"c": "FR", "id": "1"}, "document 1")
    assert key({"c": 'a","b', "id": "1"}) != key({"c": "a", "id": 'b","1'})
    assert key({"c": "FR"}) is None
