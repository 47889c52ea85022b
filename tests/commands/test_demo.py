"""A demonstration that goes on: with the same data, on whichever port it is started."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.browser.house import free_port
from tests.kit.prompt import answer, new_account, prepaid

WAIT_S = 60
ENDPOINTS = "/v2/webhooks/endpoints"


def environment(url: str | None) -> dict[str, str]:
    place = {name: value for name, value in os.environ.items() if not name.startswith("PREPAID_")}
    return place if url is None else place | {"PREPAID_DATABASE_URL": url}


@contextmanager
def demo(folder: Path, port: int, url: str | None = None) -> Iterator[tuple[str, str]]:
    """A demonstration that listens; its URL, and what it said at its start."""
    process = subprocess.Popen(
        [sys.executable, "-m", "prepaid", "demo", "--port", str(port)],
        cwd=folder,
        env=environment(url),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if line.startswith("Listening on"):
                break
        yield f"http://127.0.0.1:{port}", "".join(said)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=WAIT_S)


def test_its_webhooks_follow_it_to_another_port(tmp_path: Path) -> None:
    """At the old port nobody listens; an endpoint that somebody else made stays where it is."""
    with demo(tmp_path, free_port()) as (url, first):
        key = json.loads((tmp_path / ".demo" / "secrets.json").read_text("utf-8"))["api_key"]
        headers = {"x-api-key": key}
        foreign = {"url": "https://hooks.example/prepaid"}
        made = httpx.post(url + ENDPOINTS, json=foreign, headers=headers, timeout=WAIT_S)
        assert made.status_code == 201, made.text
    with demo(tmp_path, free_port()) as (url, again):
        listed = httpx.get(url + ENDPOINTS, headers=headers, timeout=WAIT_S).json()["data"]

    assert [one["url"] for one in listed] == [url + "/sandbox/hooks", foreign["url"]]
    assert "the first charge fell to the first tier" in first
    assert "the first charge fell" not in again
    assert key in again, "it goes on with the same data"


def refused(folder: Path, url: str) -> str:
    """What it says when it does not begin."""
    done = subprocess.run(
        [sys.executable, "-m", "prepaid", "demo", "--port", str(free_port())],
        cwd=folder,
        env=environment(url),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    return done.stderr


@pytest.mark.parametrize("what", ["an account", "a price"])
def test_a_database_of_somebody_else_is_left_as_it_is(
    database_url: str, tmp_path: Path, what: str
) -> None:
    """Who forgets that the variable names the real database must not lose its price list."""
    if what == "an account":
        new_account(database_url)
    else:
        prepaid(database_url, "prices", "set", "report", "0.5")

    def kept() -> list[object]:
        return [answer(database_url, noun, "list") for noun in ("accounts", "prices")]

    before = kept()

    assert "that the demonstration did not make" in refused(tmp_path, database_url)
    assert kept() == before


def test_it_knows_its_database_by_what_is_in_it(tmp_path: Path) -> None:
    """However its URL is written, it is one account, and prices stay as somebody set them."""
    absolute = f"sqlite:///{tmp_path}/.demo/prepaid.db"
    with demo(tmp_path, free_port()):
        pass
    prepaid(absolute, "prices", "set", "fra-company-data", "7")
    new_account(absolute)
    with demo(tmp_path, free_port(), absolute) as (_, again):
        pass

    assert [one["name"] for one in answer(absolute, "accounts", "list")].count("Demo Reseller") == 1
    prices = {one["sku"]: one["credits"] for one in answer(absolute, "prices", "list")}
    assert prices["fra-company-data"] == 7
    assert "the first charge fell" not in again


def test_it_goes_back_to_a_database_it_made_before(tmp_path: Path) -> None:
    """Another empty one in between must not make a stranger of the first."""
    with demo(tmp_path, free_port()) as (_, first):
        pass
    with demo(tmp_path, free_port(), f"sqlite:///{tmp_path}/other.db") as (_, other):
        pass
    with demo(tmp_path, free_port()) as (_, again):
        pass

    def key(said: str) -> str:
        return said.partition("export KEY=")[2].split()[0]

    assert key(first) == key(again) != key(other)
