"""What an upstream's answer means for the bill, and what the house puts into it."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from prepaid.domain.refusals import Refusal
from prepaid.domain.routing import json_trees, templates
from prepaid.domain.routing.json_trees import Document, Json
from prepaid.domain.routing.routes import Line, Outcomes, Poll, Route, Upstream
from prepaid.domain.routing.templates import ITEM, Asked

#: Of one line: settle it, release it, or keep the hold and ask again later.
Verdict = Literal["billed", "failed", "pending"]
BILLED: Verdict = "billed"
FAILED: Verdict = "failed"
PENDING: Verdict = "pending"
ACCEPTED = 202


class RequestWorkspace(Struct, frozen=True, rename="camel"):
    """The workspace of a request, as its answer and its events show it."""

    id: str
    name: str
    legal_name: str
    is_default: bool


def verdicts(
    route: Route, lines: Sequence[Line], status: int, answer: Document | None
) -> tuple[Verdict, ...]:
    """What becomes of each line of a plain route, by the upstream's status and JSON answer.

    A line with several items is billed when one of them is; it is pending while none is and one
    may still be. An item the answer says nothing of has failed. A 202 of a route that polls is
    pending as a whole.
    """
    rule = route.outcomes
    if not any(low <= status <= high for low, high in rule.statuses):
        return (FAILED,) * len(lines)
    if route.poll is not None and status == ACCEPTED:
        return (PENDING,) * len(lines)
    if rule.status_at is None:
        return (BILLED,) * len(lines)
    tree = None if answer is None else answer.tree
    return tuple(_of_line(rule, rule.status_at, line, tree) for line in lines)


def combined(parts: Sequence[Verdict]) -> Verdict:
    """Of a line's items: billed when any is, else pending when any is, else failed."""
    return next((verdict for verdict in (BILLED, PENDING) if verdict in parts), FAILED)


def with_workspace(route: Route, answer: bytes, workspace: RequestWorkspace) -> bytes:
    """The answer with the workspace where the route wants it; else as it was, byte for byte."""
    if route.workspace_at is None:
        return answer
    return json_trees.put(answer, route.workspace_at, json_trees.encode(workspace))


def event_body(event_type: str, answer: bytes) -> bytes:
    """The event of an answer: the answer plus `type`."""
    return json_trees.with_type(answer, event_type)


def poll_path(
    poll: Poll, upstream: Upstream, location: str | None, answer: Document | None
) -> str | None:
    """Where at the upstream to ask again; None when neither header nor answer says it.

    `location` is the header of a 202. One that leads to another host is not followed: our
    requests carry the seller's key.
    """
    if location is not None:
        base = "/".join(upstream.url.split("/")[3:])
        start = f"/{base}" if base and location.startswith("/") else upstream.url
        path = location.removeprefix(start)
        is_below = path.startswith("/") and (path != location or not base)
        return path if is_below and not path.startswith("//") else None
    asked = Asked(answer=None if answer is None else answer.tree)
    try:
        return templates.render_path(poll.address, asked)
    except Refusal:  # the answer's fault, not the caller's
        return None


def _of_line(rule: Outcomes, path: tuple[str, ...], line: Line, tree: Json) -> Verdict:
    return combined([_of_item(rule, path, item, tree) for item in line.items or ("",)])


def _of_item(rule: Outcomes, path: tuple[str, ...], item: str, tree: Json) -> Verdict:
    place = tuple(item if segment == ITEM else segment for segment in path)
    found = json_trees.text(json_trees.at(tree, place))
    if found in rule.billed:
        return BILLED
    return PENDING if found in rule.pending else FAILED
