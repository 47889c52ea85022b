"""The navigation: which pages stand in it, in which order, under which sign."""

from collections.abc import Collection
from typing import NamedTuple

ACCOUNT = "/dashboard/{account}"


class Item(NamedTuple):
    """A line of the navigation."""

    label: str
    path: str
    icon: str


class Link(NamedTuple):
    """A line as it is shown; of an account's page `path` goes on after the account."""

    label: str
    path: str
    icon: str
    is_here: bool


OF_ACCOUNT = [
    Item("Overview", "", "gauge"),
    Item("Billing", "/billing", "wallet"),
    Item("Top-ups", "/billing/topups", "credit_card"),
    Item("Workspaces", "/workspaces", "layers"),
    Item("Usage", "/usage", "chart"),
    Item("Notifications", "/notifications", "bell"),
    Item("Developers", "/developers", "code"),
    Item("Webhooks", "/webhooks", "webhook"),
    Item("Statements", "/statements", "receipt"),
    Item("Audit log", "/audit", "scroll"),
]
OF_OPERATOR = [
    Item("Accounts", "/operator", "building"),
    Item("Prices", "/operator/prices", "tag"),
    Item("Health", "/operator/health", "pulse"),
    Item("Audit log", "/operator/audit", "scroll"),
]


def of(pages: Collection[str], path: str) -> list[Link]:
    """The lines whose pages there are; the longest one that leads to `path` is here."""
    if path.startswith("/operator"):
        return _links([item for item in OF_OPERATOR if item.path in pages], path)
    below = path[len("/dashboard/") :].partition("/")[2]
    return _links([item for item in OF_ACCOUNT if ACCOUNT + item.path in pages], f"/{below}")


def _links(items: list[Item], path: str) -> list[Link]:
    leading = [item.path for item in items if path == item.path or path.startswith(item.path + "/")]
    here = max(leading, key=len, default=None)
    return [Link(*item, item.path == here) for item in items]
