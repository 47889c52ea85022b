"""One account as its operator runs it: facts, credit, test clock, closing, own prices."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from prepaid.domain import ids
from prepaid.domain.amounts import CENT
from prepaid.domain.commands import Credit
from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import invalid, not_found
from prepaid.domain.statements.money import digits
from prepaid.domain.topups.caps import PRICE_MAX
from prepaid.flows import accounts, metering, prices
from prepaid.flows.account_search import AccountRow
from prepaid.web import parsing
from prepaid.web.account_shapes import ADVANCE_MAX_S, NAME_MAX, Name
from prepaid.web.dashboard import shown
from prepaid.web.dashboard.console.addresses import addresses
from prepaid.web.dashboard.forms import Credits, Form
from prepaid.web.dashboard.pages import Page, Visit

KEY_BYTES = 16
CLOCK_STEPS = ((3_600, "1 hour"), (86_400, "1 day"), (604_800, "7 days"), (2_592_000, "30 days"))


class FactsForm(Form, frozen=True, kw_only=True):
    """Facts of an account; a blank minimum balance is none."""

    name: Name
    admins: str = ""
    credit_price: Annotated[str, Meta(min_length=1, max_length=20)]  # as it is told: `1.00`
    minimum_balance_cents: Credits | None = None


class CreditForm(Form, frozen=True, kw_only=True):
    """Credit put in, or taken out when below 0. The key makes a second click the same one."""

    cents: Credits
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    key: Annotated[str, Meta(min_length=1, max_length=64)]


class ClockForm(Form, frozen=True, kw_only=True):
    """How far to move the test clock."""

    advance_seconds: Annotated[int, Meta(ge=1, le=ADVANCE_MAX_S)]


async def show(visit: Visit) -> Response:
    """How the account stands, with a link that signs an admin in, right after it was made."""
    account = account_of(visit)
    row = await metering.fresh(visit.desk, account)
    return visit.show(
        "console/account.html",
        row=row,
        now=row.time(visit.desk.clock()),
        own=await prices.own(visit.desk, account),
        key=visit.desk.token(KEY_BYTES).hex(),
        clock_steps=CLOCK_STEPS,
        link=visit.told(tuple[str, str]),
    )


async def change(visit: Visit) -> Response:
    """Other facts."""
    account = account_of(visit)
    before = await metering.fresh(visit.desk, account)
    wanted = visit.form(FactsForm)
    floor = wanted.minimum_balance_cents
    values = {
        "name": parsing.plain_text(wanted.name, "name", NAME_MAX),
        "admins": addresses(wanted.admins),
        "credit_price": _price(wanted.credit_price, before.currency),
        "floor": None if floor is None else int(floor) * CENT,
    }
    await visit.noted(
        accounts.change(visit.desk, account, values),
        "account changed",
        before.name,
        _changes(before, values),
        account=account,
    )
    return visit.go(_here(visit), "The account is saved.")


def _price(text: str, currency: str) -> int:
    """Money as it is typed, in the smallest units of its currency."""
    places = digits(currency)
    try:
        minor = Decimal(text.strip().replace(",", "")).scaleb(places)
        is_price = minor.is_finite() and 1 <= minor <= PRICE_MAX and minor == int(minor)
    except ArithmeticError as error:
        raise invalid("creditPrice", "must be an amount of money such as 1.00") from error
    if not is_price:
        most = shown.price(PRICE_MAX, currency)
        raise invalid("creditPrice", f"must be above 0, at most {most}, with {places} decimals")
    return int(minor)


def _changes(before: AccountRow, values: dict[str, object]) -> str:
    """What is other than it was, in words."""
    was = {name: getattr(before, name) for name in values}
    return "; ".join(
        f"{name}: {_word(was[name])} → {_word(value)}"
        for name, value in values.items()
        if value != was[name]
    )


def _word(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "nobody"
    return "none" if value is None else str(value)


async def credit(visit: Visit) -> Response:
    """Put credit in, or take it out."""
    account = account_of(visit)
    wanted = visit.form(CreditForm)
    if not wanted.cents:
        raise invalid("cents", "must not be 0")
    command = Credit(
        account=account,
        key=f"console:{wanted.key}",
        amount=int(wanted.cents) * CENT,
        reason=parsing.plain_text(wanted.reason, "reason", 500),
    )
    what = "credit granted" if wanted.cents > 0 else "credit corrected"
    said = f"{wanted.cents / 100:,.2f} credits"
    await visit.noted(
        metering.charge(visit.desk, command), what, said, wanted.reason, account=account
    )
    return visit.go(_here(visit), f"{said} are booked.")


async def advance_clock(visit: Visit) -> Response:
    """Move a sandbox account's clock forward, and let it see what is due by then."""
    account = account_of(visit)
    seconds = visit.form(ClockForm).advance_seconds
    now = await visit.noted(
        accounts.advance_clock(visit.desk, account, seconds),
        "clock advanced",
        shown.length(seconds),
        account=account,
    )
    await metering.fresh(visit.desk, account)
    return visit.go(_here(visit), f"The account's time is {shown.utc(now)}.")


async def close(visit: Visit) -> Response:
    """End its keys; holds may finish."""
    return await _closing(visit, "account closed", "The account is closed.", is_closed=True)


async def reopen(visit: Visit) -> Response:
    """Take it into use again."""
    return await _closing(visit, "account reopened", "The account is open.", is_closed=False)


async def _closing(visit: Visit, action: str, flash: str, *, is_closed: bool) -> Response:
    account = account_of(visit)
    values: dict[str, object] = {"closed": is_closed}
    await visit.noted(accounts.change(visit.desk, account, values), action, account=account)
    return visit.go(_here(visit), flash)


def account_of(visit: Visit) -> AccountId:
    """The account in the path.

    Raises:
        Refusal: `404 not_found`.
    """
    found = ids.parse_account(visit.path["id"])
    if found is None:
        raise not_found("the account")
    return found


def _here(visit: Visit) -> str:
    return f"/operator/accounts/{visit.path['id']}"


PATH = "/operator/accounts/{id}"
PAGES = [
    Page("GET", PATH, show, who="operator"),
    Page("POST", PATH, change, who="operator", again=show),
    Page("POST", PATH + "/credit", credit, who="operator", again=show),
    Page("POST", PATH + "/clock", advance_clock, who="operator", again=show),
    Page("POST", PATH + "/close", close, who="operator"),
    Page("POST", PATH + "/reopen", reopen, who="operator"),
]
