"""The statements page: each client's bill of a month, as a file, and what stands in its head."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from prepaid.domain.refusals import invalid, not_found
from prepaid.domain.statements import money, months
from prepaid.flows import statement_settings, statements
from prepaid.web import parsing
from prepaid.web.dashboard import shown
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.endpoints import response_of
from prepaid.web.statement_files import FORMS, answer, archive
from prepaid.web.statement_settings import LABEL_MAX, LINE_MAX
from prepaid.web.statement_shapes import summary

PAGE_SIZE = 100
MONTHS_SHOWN = 12
ADDRESS_LINES_MAX = 8


class MonthQuery(Form, frozen=True, kw_only=True):
    """What the address of the page says."""

    month: str | None = None
    page: int = 1


class DetailsForm(Form, frozen=True, kw_only=True):
    """What stands in the head of a statement; what is blank is not there."""

    legal_name: Annotated[str, Meta(max_length=255)] | None = None
    address: Annotated[str, Meta(max_length=1_000)] = ""
    tax_id: Annotated[str, Meta(max_length=50)] | None = None
    payment_terms: Annotated[str, Meta(max_length=500)] | None = None
    number_prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,15}\Z")] | None = (
        None
    )
    tax_label: Annotated[str, Meta(max_length=LABEL_MAX)] | None = None
    tax_rate: Annotated[str, Meta(max_length=10)] | None = None
    time_zone: Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}\Z")]
    automatic: bool = False


async def show(visit: Visit) -> Response:
    """The statements of a month."""
    query = visit.query(MonthQuery)
    known = await statements.months(visit.desk, visit.account)
    chosen = known[0].period.month if query.month is None else months.parse(query.month, "month")
    first = (max(query.page, 1) - 1) * PAGE_SIZE
    sheets, found = await statements.page(visit.desk, visit.account, chosen, first, PAGE_SIZE)
    here = f"?month={months.text(chosen)}&page="
    return visit.show(
        "statements.html",
        month=months.text(chosen),
        title=shown.month(chosen),
        months=[
            (one.period.month, months.text(one.period.month), one.period.month == chosen)
            for one in known[:MONTHS_SHOWN]
        ],
        rows=[(summary(sheet), sheet.statement) for sheet in sheets],
        found=found,
        before=f"{here}{query.page - 1}" if query.page > 1 else "",
        after=f"{here}{query.page + 1}" if first + PAGE_SIZE < found else "",
        details=await statement_settings.get(visit.desk, visit.account),
        percent=money.percent,
    )


async def save(visit: Visit) -> Response:
    """Other details; statements that are final keep theirs."""
    form = visit.form(DetailsForm)
    values: dict[str, object] = {
        "legal_name": _text(form.legal_name, "legalName", 255),
        "address": _address(form.address),
        "tax_id": _text(form.tax_id, "taxId", 50),
        "payment_terms": _text(form.payment_terms, "paymentTerms", 500),
        "prefix": form.number_prefix or "",
        "tax_rate": None if form.tax_rate is None else _percent(form.tax_rate),
        "time_zone": form.time_zone,
        "automatic": form.automatic,
    }
    if form.tax_label is not None:
        values["tax_label"] = _text(form.tax_label, "taxLabel", LABEL_MAX)
    await visit.noted(
        statement_settings.change(visit.desk, visit.account, values), "statement details changed"
    )
    return visit.go(visit.url("/statements"), "The details are saved.")


def _text(text: str | None, field: str, most: int) -> str | None:
    return None if text is None else parsing.plain_text(text, field, most)


def _address(text: str) -> tuple[str, ...]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > ADDRESS_LINES_MAX:
        raise invalid("address", f"has {len(lines)} lines; {ADDRESS_LINES_MAX} fit")
    return tuple(parsing.plain_text(line, "address", LINE_MAX) for line in lines)


def _percent(text: str) -> int:
    try:
        value = Decimal(text.strip().rstrip("%"))
    except InvalidOperation as error:
        raise invalid("taxRate", "must be a percentage such as 20") from error
    if not value.is_finite():
        raise invalid("taxRate", "must be a percentage such as 20")
    return money.from_percent(value, "taxRate", 0, 100)


async def file(visit: Visit) -> Response:
    """A statement as PDF, CSV or JSON."""
    stem, _, ending = visit.path["file"].rpartition(".")
    place = parsing.owned_id("stm", stem, "the statement")
    if place.account != visit.account or ending not in FORMS:
        raise not_found("the statement")
    sheet = await statements.one(visit.desk, place)
    return response_of(await answer(visit.desk, sheet, FORMS[ending]))


async def whole_month(visit: Visit) -> Response:
    """Every statement of a month in one archive."""
    month = months.parse(visit.path["month"], "month")
    sheets = await statements.of_month(visit.desk, visit.account, month)
    return response_of(archive(visit.desk, sheets, month))


PATH = "/dashboard/{account}/statements"
PAGES = [
    Page("GET", PATH, show),
    Page("POST", PATH, save, again=show),
    Page("GET", PATH + "/archive/{month}.zip", whole_month),
    Page("GET", PATH + "/{file}", file),
]
