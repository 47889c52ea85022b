"""The list of an account's charges: pages as JSON, all of it as a CSV stream; and one charge."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated, cast, get_args

from msgspec import Meta

from prepaid.domain import ids
from prepaid.domain.accounts import Tag
from prepaid.domain.amounts import credit_text
from prepaid.domain.charges import Charge, Status
from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import iso_micros
from prepaid.domain.misfits import NEEDS
from prepaid.domain.refusals import invalid
from prepaid.flows import charge_lists, metering, reports
from prepaid.flows.desk import account_of
from prepaid.store.charge_lists import Place, Wanted
from prepaid.store.ledger import Tagged
from prepaid.web import accept, charges, csv_lines, parsing
from prepaid.web.charge_shapes import ChargeRecord
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Body, Limit, Page, Sku
from prepaid.web.usage import Moment

LIMIT = 50
HEADINGS = (
    "id", "reservedAt", "workspaceId", "workspace", "legalName", "sku", "quantity", "status",
    "credits", "heldCredits", "refundedCredits", "endedAt", "metadata",
)  # fmt: skip
FILE = ("content-disposition", 'attachment; filename="charges.csv"')

_WORDS = ", ".join(get_args(Status))
_ONE = f"(?:{'|'.join(get_args(Status))})"
_CURSOR = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")

Statuses = Annotated[
    str,
    Meta(
        pattern=rf"^{_ONE}(?:,{_ONE}){{0,3}}\Z",
        description="One or several, with commas between",
        examples=["held,settled"],
        extra={NEEDS: f"must be one or several of {_WORDS}, with commas between"},
    ),
]


class ChargeQuery(Body, frozen=True, kw_only=True):
    """Which charges, by `reservedAt`. Dates: both ends included; date-times: the end excluded."""

    start_date: Moment | None = None
    end_date: Moment | None = None
    workspace: Annotated[str, Meta(description="The id or the name of a workspace")] | None = None
    account_wide: Annotated[bool, Meta(description="Those with no workspace")] | None = None
    sku: Sku | None = None
    status: Statuses | None = None
    limit: Limit | None = None
    cursor: str | None = None


class ChargePage(Page, frozen=True, kw_only=True):
    """Charges, newest first."""

    data: list[ChargeRecord]


async def every(call: Call) -> Answer:
    """Charges, newest first. As CSV all of them, without `limit` and `cursor`."""
    return await of_account(call, call.account)


async def for_operator(call: Call) -> Answer:
    """Charges of an account, newest first. As CSV all of them, without `limit` and `cursor`."""
    return await of_account(call, parsing.account_id(call.path["id"]))


async def of_account(call: Call, account: AccountId) -> Answer:
    """The list of an account, for the customer and for the operator."""
    query: ChargeQuery = call.query
    await account_of(call.desk, account)
    places = charge_lists.BUCKET if query.account_wide else None
    if query.account_wide and query.workspace is not None:
        raise invalid("accountWide", "and workspace cannot both be given")
    if query.workspace is not None:
        places = await charge_lists.numbers_of(call.desk.vault, account, query.workspace)
    wanted = wanted_of(query, places)
    asked = call.request.headers.get("accept")
    if accept.chosen(asked, (accept.JSON, accept.CSV)) == accept.CSV:
        return await _file(call, account, wanted)
    before = place_of(query.cursor)
    found = await charge_lists.page(call.desk, account, wanted, before, query.limit or LIMIT)
    shown = [charges.record(*tagged) for tagged in found.charges]
    cursor = cursor_of(found.next)
    return Answer(ChargePage(data=shown, next_cursor=cursor), headers=(accept.VARIES,))


async def one(call: Call) -> Answer:
    """One charge as it is now."""
    place = parsing.own_id(call.account, "chg", call.path["id"], "the charge")
    return Answer(charges.record(*await metering.get_charge(call.desk, place)))


def wanted_of(query: ChargeQuery, places: tuple[WorkspaceNumber, ...] | None) -> Wanted:
    """The charges a query names, its workspaces found.

    Raises:
        Refusal: 400 naming a date.
    """
    start, end = parsing.period(query.start_date, query.end_date)
    statuses = tuple(query.status.split(",")) if query.status else None
    return Wanted(
        start=reports.BEGINNING if start is None else max(start, reports.BEGINNING),
        end=reports.END if end is None else max(min(end, reports.END), reports.BEGINNING),
        workspaces=places,
        sku=query.sku,
        statuses=cast("tuple[Status, ...] | None", statuses),  # by the pattern of the query
    )


def cursor_of(place: Place | None) -> str | None:
    """A place in the list as it is sent."""
    return None if place is None else f"{place.at}-{place.seq}"


def place_of(cursor: str | None) -> Place | None:
    """Where a cursor says that the list goes on.

    Raises:
        Refusal: 400 naming `cursor`.
    """
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise invalid("cursor", "is not a cursor of this list")
    return Place(int(found[1]), int(found[2]))


def check_whole(limit: int | None, cursor: str | None) -> None:
    """A file has no pages.

    Raises:
        Refusal: 400 naming `limit` or `cursor`.
    """
    for name, value in (("limit", limit), ("cursor", cursor)):
        if value is not None:
            raise invalid(name, "is for pages; as CSV the whole list comes at once")


async def _file(call: Call, account: AccountId, wanted: Wanted) -> Answer:
    check_whole(call.query.limit, call.query.cursor)
    await metering.fresh(call.desk, account)
    parts = charge_lists.stream(call.desk.vault, account, wanted)
    # What can fail before anything is sent is told by a status, not by a broken file.
    first: Sequence[Tagged] = ()
    async for first in parts:  # noqa: B007 - it is sent below
        break

    async def pieces() -> AsyncIterator[bytes]:
        yield heading()
        yield await as_lines(first)
        async for part in parts:
            yield await as_lines(part)

    headers = (accept.VARIES, FILE)
    return Answer(pieces(), headers=headers, media_type=accept.CSV)


def heading() -> bytes:
    """The first line of the file."""
    return csv_lines.lines([HEADINGS])


async def as_lines(part: Sequence[Tagged]) -> bytes:
    """Some lines of the file. In a thread, so that other requests have their turn meanwhile."""
    return await asyncio.to_thread(csv_lines.lines, (line(*tagged) for tagged in part))


def line(c: Charge, tag: Tag | None) -> Sequence[str | int]:
    """A charge as a line of the file."""
    place = ("", "", "")
    if tag is not None:
        number = ids.owned("ws", c.account, tag.number)
        place = (number, csv_lines.text(tag.name), csv_lines.text(tag.legal_name))
    back = 0 if c.ended_amount is None or c.ended_seq is None else c.ended_amount - c.amount
    return (
        ids.charge(c.account, c.seq),
        iso_micros(c.reserved_at),
        *place,
        c.sku,
        c.quantity if c.ended_quantity is None else c.ended_quantity,
        c.status,
        credit_text(c.amount),
        credit_text(c.held),
        credit_text(back),
        "" if c.ended_at is None else iso_micros(c.ended_at),
        c.metadata or "",
    )


CHARGES = "/v2/billing/charges"

_list = partial(
    Route,
    "GET",
    query=ChargeQuery,
    answer=ChargePage,
    also_as=(accept.CSV,),
    refusals=("workspace_not_found",),
)

ROUTES = [
    _list(CHARGES, every, "List charges", who="account"),
    Route("GET", CHARGES + "/{id}", one, "One charge", who="account", answer=ChargeRecord),
    _list("/v2/operator/accounts/{id}/charges", for_operator, "List the charges of an account"),
]
