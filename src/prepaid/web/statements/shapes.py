"""Statements as they are answered: money in the account's currency, exact."""

from typing import Annotated, Literal

from msgspec import Meta

from prepaid.domain import ids
from prepaid.domain.amounts import credit
from prepaid.domain.instants import iso_micros, iso_millis
from prepaid.domain.statements import money, months
from prepaid.domain.statements.statement import Line, Statement
from prepaid.flows.statements.statement import MonthView, Sheet, number_of
from prepaid.web.shapes import Body, Limit, Number, Page, Shape

MonthText = Annotated[
    str, Meta(description="A calendar month of the account's time zone", examples=["2026-10"])
]


class StatementsQuery(Body, frozen=True, kw_only=True):
    """Which statements."""

    month: MonthText
    workspace: Annotated[str, Meta(description="The name of a workspace")] | None = None
    limit: Limit = 50
    cursor: str | None = None


class ArchiveQuery(Body, frozen=True, kw_only=True):
    """Which month."""

    month: MonthText


class FormatQuery(Body, frozen=True, kw_only=True):
    """In which form, where no `Accept` can be sent."""

    format: Literal["json", "csv", "pdf"] | None = None


class MonthShape(Shape, frozen=True, kw_only=True):
    """A month that has statements."""

    month: str
    status: Literal["draft", "final"]
    period_start: str
    period_end: str


class StatementWorkspace(Shape, frozen=True, kw_only=True):
    """Whose usage a statement bills, as it was called then."""

    id: str
    name: str
    legal_name: str
    is_default: bool


class TaxShape(Shape, frozen=True, kw_only=True):
    """The tax on the lines together."""

    label: str
    rate_percent: Number
    amount: Number


class LineShape(Shape, frozen=True, kw_only=True):
    """Usage of one SKU in one month; of an earlier month than the statement's, a correction."""

    month: str
    is_correction: bool
    sku: str
    count: int
    credits: Number
    price: Number
    per: Literal["credit", "request"]
    amount: Number


class SellerShape(Shape, frozen=True, kw_only=True):
    """The account as it presented itself."""

    legal_name: str
    address: tuple[str, ...]
    tax_id: str | None


class StatementSummary(Shape, frozen=True, kw_only=True):
    """A statement without its lines; `workspace` null is the account-wide bucket."""

    id: str
    number: str | None
    month: str
    status: Literal["draft", "final"]
    draft_reason: Literal["month_open", "holds_open", "earlier_month_open"] | None
    workspace: StatementWorkspace | None
    count: int
    credits: Number
    currency: str
    subtotal: Number
    tax: TaxShape | None
    total: Number
    finalized_at: str | None


class StatementShape(StatementSummary, frozen=True, kw_only=True):
    """A statement."""

    time_zone: str
    period_start: str
    period_end: str
    seller: SellerShape
    lines: list[LineShape]
    payment_terms: str | None


class StatementPage(Page, frozen=True, kw_only=True):
    """Statements of a month, by workspace, the account-wide bucket last."""

    data: list[StatementSummary]


def id_of(statement: Statement) -> str:
    """The same for the draft and for what it becomes."""
    return ids.owned("stm", statement.account, number_of(statement))


def month_shape(view: MonthView) -> MonthShape:
    """One month."""
    return MonthShape(
        month=months.text(view.period.month),
        status="final" if view.is_final else "draft",
        period_start=iso_millis(view.period.starts),
        period_end=iso_millis(view.period.ends),
    )


def summary(sheet: Sheet) -> StatementSummary:
    """A statement in a list."""
    made, currency, tax = sheet.statement, sheet.statement.currency, sheet.statement.tax
    return StatementSummary(
        id=id_of(made),
        number=made.number,
        month=months.text(made.month),
        status="final" if sheet.why_draft is None else "draft",
        draft_reason=sheet.why_draft,
        workspace=_workspace(made),
        count=made.count,
        credits=credit(made.micros),
        currency=currency,
        subtotal=money.major(made.subtotal, currency),
        tax=None
        if tax is None
        else TaxShape(
            label=tax.label,
            rate_percent=money.percent(tax.rate),
            amount=money.major(tax.amount, currency),
        ),
        total=money.major(made.total, currency),
        finalized_at=None if made.final_at is None else iso_micros(made.final_at),
    )


def full(sheet: Sheet) -> StatementShape:
    """A whole statement."""
    made, head = sheet.statement, summary(sheet)
    return StatementShape(
        **{name: getattr(head, name) for name in StatementSummary.__struct_fields__},
        time_zone=made.time_zone,
        period_start=iso_millis(made.starts),
        period_end=iso_millis(made.ends),
        seller=SellerShape(
            legal_name=made.seller.legal_name,
            address=made.seller.address,
            tax_id=made.seller.tax_id,
        ),
        lines=[_line(made, line) for line in made.lines],
        payment_terms=made.payment_terms,
    )


def _workspace(made: Statement) -> StatementWorkspace | None:
    client = made.client
    if client.name is None:
        return None
    return StatementWorkspace(
        id=ids.owned("ws", made.account, client.workspace),
        name=client.name,
        legal_name=client.legal_name,
        is_default=client.workspace == ids.DEFAULT,
    )


def _line(made: Statement, line: Line) -> LineShape:
    return LineShape(
        month=months.text(line.origin),
        is_correction=line.origin != made.month,
        sku=line.sku,
        count=line.count,
        credits=credit(line.micros),
        price=money.price(line.price),
        per=line.per,
        amount=money.major(line.amount, made.currency),
    )
