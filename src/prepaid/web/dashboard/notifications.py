"""The notifications pages: what was told and when, and one of them from cause to last attempt."""

from collections.abc import Sequence
from typing import get_args
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from prepaid.domain import ids
from prepaid.domain.notifications import Kind
from prepaid.domain.refusals import Refusal, invalid
from prepaid.flows import alerting
from prepaid.flows.deliveries import notification_trail
from prepaid.flows.deliveries.notification_trail import Trail
from prepaid.store.notifications import Recorded
from prepaid.web.dashboard.form_state import sentence
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.request_log import TONES
from prepaid.web.dashboard.told import Told, refused, told, why
from prepaid.web.dashboard.webhooks.parts import FAILURES, STANDINGS

PAGE_SIZE = 25
KINDS: Sequence[tuple[Kind, str]] = (
    ("low_balance", "Low balance"),
    ("high_usage", "High usage"),
    ("auto_topup", "Auto top-up"),
    ("workspace_limit", "Spend limit"),
)
assert {name for name, _ in KINDS} == set(get_args(Kind)), "each kind can be asked for"


class ListQuery(Form, frozen=True, kw_only=True):
    """Which notifications."""

    kind: Kind | None = None
    workspace: str | None = None
    after: str | None = None  # the last one of the page before


async def show(visit: Visit) -> Response:
    """What was told, newest first."""
    return await _list(visit, "notifications.html")


async def told_lately(visit: Visit) -> Response:
    """The list alone, which renews itself."""
    return await _list(visit, "_notifications.html")


async def _list(visit: Visit, template: str) -> Response:
    query = visit.query(ListQuery)
    rows, problem = list[Recorded](), ""
    try:
        rows = await _rows(visit, query)
    except Refusal as refusal:
        problem = sentence(refusal.message)
    shown = rows[:PAGE_SIZE]
    kept = {name: text for name, text in _said(query).items() if text}
    last = ""
    if len(rows) > PAGE_SIZE:
        last = ids.owned("ntf", visit.account, shown[-1].notification.number)
    return visit.show(
        template,
        kinds=KINDS,
        query=query,
        wrong=problem,
        rows=await _told(visit, shown),
        is_filtered=bool(kept),
        renew="" if query.after else visit.url("/notifications/list?" + urlencode(kept)),
        older=visit.url("/notifications?" + urlencode(kept | {"after": last})) if last else "",
        newest=visit.url("/notifications?" + urlencode(kept)) if query.after else "",
    )


def _said(query: ListQuery) -> dict[str, str]:
    return {"kind": query.kind or "", "workspace": query.workspace or ""}


async def _rows(visit: Visit, query: ListQuery) -> list[Recorded]:
    before = alerting.NEWEST
    if query.after is not None:
        place = ids.parse_owned("ntf", query.after)
        if place is None or place.account != visit.account:
            raise invalid("after", "is not the id of a notification of this account")
        before = place.number
    return await alerting.recent(
        visit.desk,
        visit.account,
        before=before,
        limit=PAGE_SIZE + 1,
        kind=query.kind,
        workspace=None if query.workspace is None else query.workspace.strip(),
    )


async def _told(visit: Visit, rows: Sequence[Recorded]) -> list[tuple[Recorded, Told]]:
    scopes = {row.notification.scope for row in rows}
    names = await notification_trail.workspace_names(visit.desk, visit.account, scopes)
    return [(row, told(row.notification, names)) for row in rows]


async def one(visit: Visit) -> Response:
    """One notification: why it fired, what was sent, and where it has arrived."""
    return await _one(visit, "notification.html")


async def deliveries(visit: Visit) -> Response:
    """Where it has arrived alone, which renews itself."""
    return await _one(visit, "_deliveries.html")


async def _one(visit: Visit, template: str) -> Response:
    found = await _trail(visit)
    recorded = found.explained.recorded
    row = recorded.notification
    ((_, words),) = await _told(visit, [recorded])
    return visit.show(
        template,
        trail=found,
        row=row,
        told=words,
        kind=dict(KINDS)[row.kind],
        ended=why(row) if row.kind == "auto_topup" else None,
        refused=refused(row) if row.kind == "workspace_limit" else None,
        payload=msgspec.json.format(row.payload, indent=2).decode(),
        here=visit.url("/notifications/" + ids.owned("ntf", visit.account, row.number)),
        tones=TONES,
        standings=STANDINGS,
        failures=FAILURES,
    )


async def _trail(visit: Visit) -> Trail:
    number = visit.named("ntf", "id", "the notification").number
    return await notification_trail.trail(visit.desk, visit.account, number)


PAGES = [
    Page("GET", "/dashboard/{account}/notifications", show),
    Page("GET", "/dashboard/{account}/notifications/list", told_lately),
    Page("GET", "/dashboard/{account}/notifications/{id}", one),
    Page("GET", "/dashboard/{account}/notifications/{id}/deliveries", deliveries),
]
