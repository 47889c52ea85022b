"""No routes file, however wrong, does anything but make routes or be refused at a line of it."""

from importlib.resources import files
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.refusals import Refusal
from prepaid.domain.routing import file
from prepaid.domain.routing.file import WrongRoutes

SHIPPED = files("prepaid").joinpath("routes.toml").read_text("utf-8")
EVERYTHING = (Path(__file__).parents[1] / "data" / "routes.toml").read_text("utf-8")
TEXTS = ["1", "-1", "nan", "true", '""', '"{item}"', '"body.*"', '"/{a*}"', "1979-05-27"]


@given(st.text(max_size=80))
def test_any_text_is_routes_or_a_refusal(text: str) -> None:
    refuses_at_most(text)


@given(st.lists(st.sampled_from([*EVERYTHING.split("\n"), *SHIPPED.split("\n")]), max_size=25))
def test_any_lines_are_routes_or_a_refusal(lines: list[str]) -> None:
    refuses_at_most("\n".join(lines))


VALUES = st.recursive(
    st.sampled_from(TEXTS),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda found: f"[{', '.join(found)}]")
        | inner.map(lambda found: f"{{ a = {found} }}")
    ),
    max_leaves=4,
)


@given(st.integers(min_value=0, max_value=EVERYTHING.count("\n") - 1), VALUES)
def test_any_value_of_any_key_is_taken_or_refused(place: int, value: str) -> None:
    lines = EVERYTHING.split("\n")
    key, equals, _ = lines[place].partition("=")
    if equals:
        lines[place] = f"{key}= {value}"
    refuses_at_most("\n".join(lines))


def refuses_at_most(text: str) -> None:
    try:
        file.parse(text)
    except Refusal as error:
        assert isinstance(error, WrongRoutes)  # noqa: PT017 - nothing else may be raised
        assert 1 <= error.line <= text.count("\n") + 1  # noqa: PT017
