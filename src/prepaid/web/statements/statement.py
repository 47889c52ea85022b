"""The customer's routes for monthly statements, and the operator's for the same."""

from prepaid.domain.ids import AccountId, Owned
from prepaid.domain.refusals import invalid, not_found
from prepaid.domain.statements import months
from prepaid.flows.statements import statement as statements
from prepaid.web import parsing
from prepaid.web.accept import CSV, JSON, chosen
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.statements.files import FORMS, PDF, ZIP, answer, archive
from prepaid.web.statements.shapes import (
    ArchiveQuery,
    FormatQuery,
    MonthShape,
    StatementPage,
    StatementShape,
    StatementsQuery,
    id_of,
    month_shape,
    summary,
)


async def every(call: Call) -> Answer:
    """The statements of a month. Those of a month that is over become final when looked at."""
    return await listed(call, call.account)


async def every_of(call: Call) -> Answer:
    """The statements of a month of an account."""
    return await listed(call, parsing.account_id(call.path["id"]))


async def listed(call: Call, account: AccountId) -> Answer:
    """A page of a month's statements."""
    wanted: StatementsQuery = call.query
    month = months.parse(wanted.month, "month")
    sheets = await statements.of_month(call.desk, account, month, wanted.workspace)
    start = 0
    if wanted.cursor is not None:
        names = [id_of(sheet.statement) for sheet in sheets]
        if wanted.cursor not in names:
            raise invalid("cursor", "is not a cursor of this list")
        start = names.index(wanted.cursor) + 1
    shown = [summary(sheet) for sheet in sheets[start : start + wanted.limit]]
    more = shown[-1].id if len(sheets) > start + wanted.limit else None
    return Answer(StatementPage(data=shown, next_cursor=more))


async def with_months(call: Call) -> Answer:
    """The months that have statements, the present one first."""
    return Answer([month_shape(view) for view in await statements.months(call.desk, call.account)])


async def one(call: Call) -> Answer:
    """A statement as JSON, CSV or PDF: by `Accept`, `?format=`, or `.csv` and `.pdf` in its path.

    Its id is the same while it is a draft and after.
    """
    return await shown(call, call.account, call.path["id"])


async def one_of(call: Call) -> Answer:
    """A statement of an account, in the same forms."""
    return await shown(call, parsing.account_id(call.path["id"]), call.path["statementId"])


async def shown(call: Call, account: AccountId, name: str) -> Answer:
    """A statement in the form that is wanted."""
    wanted: FormatQuery = call.query
    stem, dot, ending = name.partition(".")
    if dot and ending not in FORMS:
        raise not_found("the statement")
    form = wanted.format or ending or None
    kind = FORMS[form] if form else chosen(call.request.headers.get("accept"), (JSON, CSV, PDF))
    sheet = await statements.one(call.desk, place(account, stem))
    return await answer(call.desk, sheet, kind)


def place(account: AccountId, text: str) -> Owned:
    """The month and workspace that an id of this account's names.

    Raises:
        Refusal: `404 not_found`.
    """
    return parsing.own_id(account, "stm", text, "the statement")


async def whole_month(call: Call) -> Answer:
    """Every statement of a month, PDF and CSV, as a ZIP archive."""
    wanted: ArchiveQuery = call.query
    month = months.parse(wanted.month, "month")
    sheets = await statements.of_month(call.desk, call.account, month)
    return archive(call.desk, sheets, month)


BASE = "/v2/billing/statements"
OF_ACCOUNT = "/v2/operator/accounts/{id}/statements"
ROUTES = [
    Route(
        "GET",
        BASE,
        every,
        "Statements of a month",
        who="account",
        query=StatementsQuery,
        answer=StatementPage,
    ),
    Route(
        "GET",
        BASE + "/months",
        with_months,
        "Months that have statements",
        who="account",
        answer=list[MonthShape],
    ),
    Route(
        "GET",
        BASE + "/archive",
        whole_month,
        "All statements of a month as a ZIP archive",
        who="account",
        query=ArchiveQuery,
        answer=bytes,
        also_as=(ZIP,),
    ),
    Route(
        "GET",
        BASE + "/{id}",
        one,
        "A statement as JSON, CSV or PDF",
        who="account",
        query=FormatQuery,
        answer=StatementShape,
        also_as=(CSV, PDF),
    ),
    Route(
        "GET",
        OF_ACCOUNT,
        every_of,
        "Statements of a month of an account",
        query=StatementsQuery,
        answer=StatementPage,
        refusals=("workspace_not_found",),
    ),
    Route(
        "GET",
        OF_ACCOUNT + "/{statementId}",
        one_of,
        "A statement of an account as JSON, CSV or PDF",
        query=FormatQuery,
        answer=StatementShape,
        also_as=(CSV, PDF),
    ),
]
