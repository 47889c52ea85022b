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

from tests.browser.house import free_port

WAIT_S = 60
ENDPOINTS = "/v2/webhooks/endpoints"


@contextmanager
def demo(folder: Path, port: int) -> Iterator[tuple[str, str]]:
    """A demonstration that listens; its URL, and what it said at its start."""
    place = {name: value for name, value in os.environ.items() if not name.startswith("PREPAID_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "prepaid", "demo", "--port", str(port)],
        cwd=folder,
        env=place,
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
