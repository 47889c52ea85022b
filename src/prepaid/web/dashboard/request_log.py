"""The request log: the last charges of an account, and one of them."""

from typing import Literal
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from prepaid.domain import ids
from prepaid.domain.charges import Charge
from prepaid.domain.refusals import Refusal
from prepaid.flows import charge_lists, metering
from prepaid.flows.charge_lists import Page as ChargePage
from prepaid.web.charge_lists import ChargeQuery, cursor_of, place_of, wanted_of
from prepaid.web.dashboard.form_state import sentence
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.shapes import Sku

PAGE_SIZE = 50
TONES = {"held": "accent", "settled": "good", "released": "plain", "expired": "warning"}


class LogQuery(Form, frozen=True, kw_only=True):
    """Which charges."""

    workspace: str | None = None
    status: Literal["held", "settled", "released", "expired"] | None = None
    sku: Sku | None = None
    cursor: str | None = None


async def show(visit: Visit) -> Response:
    """Charges, newest first."""
    query = visit.query(LogQuery)
    found, problem = ChargePage([], None), ""
    try:
        found = await _charges(visit, query)
    except Refusal as refusal:
        problem = sentence(refusal.message)
    cursor = cursor_of(found.next)
    said = {"workspace": query.workspace, "status": query.status, "sku": query.sku}
    kept = {name: text for name, text in said.items() if text}
    return visit.show(
        "request_log.html",
        query=query,
        charges=found.charges,
        wrong=problem,
        tones=TONES,
        is_filtered=bool(kept),
        older="" if cursor is None else "?" + urlencode(kept | {"cursor": cursor}),
        newest="?" + urlencode(kept) if query.cursor else "",
    )


async def _charges(visit: Visit, query: LogQuery) -> ChargePage:
    places = None
    if query.workspace is not None:
        vault, name = visit.desk.vault, query.workspace.strip()
        places = await charge_lists.numbers_of(vault, visit.account, name)
    wanted = wanted_of(ChargeQuery(status=query.status, sku=query.sku), places)
    before = place_of(query.cursor)
    return await charge_lists.page(visit.desk, visit.account, wanted, before, PAGE_SIZE)


async def one(visit: Visit) -> Response:
    """One charge as it is now."""
    place = visit.named("chg", "charge", "the charge")
    charge, tag = await metering.get_charge(visit.desk, place)
    return visit.show(
        "request.html",
        charge=charge,
        tag=tag,
        tones=TONES,
        refunded=_refunded(charge),
        metadata=msgspec.json.decode(charge.metadata or "{}", type=dict[str, str]),
        id=ids.charge(charge.account, charge.seq),
    )


def _refunded(charge: Charge) -> int:
    return 0 if charge.ended_amount is None else charge.ended_amount - charge.amount


PAGES = [
    Page("GET", "/dashboard/{account}/developers/requests", show),
    Page("GET", "/dashboard/{account}/developers/requests/{charge}", one),
]
