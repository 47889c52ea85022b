"""The page of metrics, the alerts and the service agree on what is counted."""

import re

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.house.checks import ROOT
from tests.kit.server import served
from tests.kit.shop import OPERATOR_KEY

PAGE = ROOT / "docs" / "how-to" / "monitor.md"
ALERTS = ROOT / "packaging" / "prometheus" / "alerts.yaml"
ROW = re.compile(r"^\| `(?P<name>prepaid_\w+)(\{\w+\})?` \| (?P<kind>\w+) \|", re.MULTILINE)
COUNTED = re.compile(r"_(total|created|seconds|waiting|in_flight)$")
NAME = re.compile(r"\bprepaid_\w+")
WAIT_S = 30
#: Counted from the first failure on, so a fresh server shows a family without a line.
EMPTY = {"prepaid_webhooks_failed_total", "prepaid_mails_failed_total"}


@pytest.fixture
def exposed(migrated_sqlite_url: str) -> dict[str, str]:
    """Every name that a server with mail exposes, with its kind."""
    with served(migrated_sqlite_url, PREPAID_SMTP_URL="sandbox") as server:
        headers = {"x-operator-key": OPERATOR_KEY}
        with httpx.Client(base_url=server.url, headers=headers, timeout=WAIT_S) as client:
            client.get("/healthz")
            text = client.get("/metrics").text
    found = {}
    for family in text_string_to_metric_families(text):
        names = {sample.name for sample in family.samples} or {f"{family.name}_total"}
        for name in names:
            found[name] = "gauge" if name.endswith("_created") else family.type
    return found


def told() -> dict[str, str]:
    """What the page tells."""
    return {found["name"]: found["kind"] for found in ROW.finditer(PAGE.read_text("utf-8"))}


def test_the_page_tells_every_metric_and_no_other(exposed: dict[str, str]) -> None:
    assert exposed.keys() >= EMPTY
    assert told() == exposed


def test_alerts_look_at_metrics_that_exist(exposed: dict[str, str]) -> None:
    """A rule about a name that is gone never rings, and nobody notices."""
    rules = [
        rule
        for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
        for rule in group["rules"]
    ]
    looked_at = {name for rule in rules for name in NAME.findall(rule["expr"])}

    assert len(rules) > 5
    assert looked_at <= exposed.keys()


def test_no_document_counts_what_is_not_counted() -> None:
    for page in sorted((ROOT / "docs").rglob("*.md")):
        named = {name for name in NAME.findall(page.read_text("utf-8")) if COUNTED.search(name)}
        assert named <= told().keys(), page
