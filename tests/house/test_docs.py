"""The documents name what is there: every setting, every linked file, the two commands to begin."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from prepaid.settings import Settings
from tests.house.checks import FOLDERS, ROOT

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ +(?P<words>.*?) *$", re.MULTILINE)
ROW = re.compile(r"^\| *`PREPAID_(?P<name>[A-Z_]+)` *\|(?P<default>[^|]*)\|", re.MULTILINE)
ELSEWHERE = ("http://", "https://", "mailto:")


def pages(root: Path = ROOT) -> list[Path]:
    """Every Markdown file that we wrote."""
    below = (page for folder in ("docs", *FOLDERS) for page in (root / folder).rglob("*.md"))
    return sorted([*root.glob("*.md"), *below])


def anchors(text: str) -> set[str]:
    """What a link may name behind `#`: headings in lower case, words joined by hyphens."""
    headings = (found["words"].lower() for found in HEADING.finditer(FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def dead_links(page: Path) -> Iterator[str]:
    """Relative links of a page that lead to no file, or to no heading of it."""
    text = CODE.sub("", FENCE.sub("", page.read_text("utf-8")))
    for found in LINK.finditer(text):
        path, _, anchor = found["target"].partition("#")
        if path.startswith(ELSEWHERE):
            continue
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            yield found["target"]


def told(text: str) -> dict[str, str]:
    """The settings of the reference page with their defaults, as its table shows them."""
    return {
        found["name"].lower(): found["default"].strip().strip("`") for found in ROW.finditer(text)
    }


def test_the_reference_shows_every_setting_with_its_default() -> None:
    """A setting that nobody can find does not exist, and a wrong default misleads."""
    page = ROOT / "docs" / "reference" / "settings.md"
    expected = {
        field.name: "none" if field.default in {"", None} else str(field.default)
        for field in fields(Settings)
    }

    shown = told(page.read_text("utf-8"))

    assert {name: shown.get(name) for name in expected} == expected


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_link_is_dead(page: Path) -> None:
    assert not list(dead_links(page))


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_begins_with_two_commands(command: str) -> None:
    assert command in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("[a](there.md)", []),
        ("[a](there.md#a-heading-of-it)", []),
        ("[a](#here)\n\n## Here", []),
        ("[a](https://example.com/gone.md)", []),
        ("```text\n[a](gone.md)\n```", []),
        ("`[a](gone.md)`", []),
        ("[a](gone.md)", ["gone.md"]),
        ("[a](there.md#gone)", ["there.md#gone"]),
        ("[a](#gone)", ["#gone"]),
    ],
)
def test_a_dead_link_is_found(tmp_path: Path, text: str, dead: list[str]) -> None:
    (tmp_path / "there.md").write_text("# A heading, of it\n", "utf-8")
    page = tmp_path / "page.md"
    page.write_text(text, "utf-8")

    assert list(dead_links(page)) == dead


def test_a_row_of_the_table_is_a_setting_and_its_default() -> None:
    text = "| `PREPAID_PORT` | `8080` | a port |\n| `PREPAID_OPERATOR_KEY` | none | a key |\n"

    assert told(text) == {"port": "8080", "operator_key": "none"}
