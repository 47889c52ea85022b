"""What stands on statements: the details of the account, and its logo."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

from msgspec import Meta
from starlette.responses import Response

from prepaid.domain.refusals import Detail, Refusal, invalid, not_found
from prepaid.domain.statements import logos, money
from prepaid.domain.statements.settings import Logo, Settings
from prepaid.flows.statements import settings as statement_settings
from prepaid.web import parsing
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.statements import words
from prepaid.web.statements.settings import LABEL_MAX, LINE_MAX

ADDRESS_LINES_MAX = 8
MEDIA_TYPES = {"png": "image/png", "svg": "image/svg+xml"}
# A picture that somebody opens by itself runs nothing and fetches nothing.
PICTURE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
_DIGEST = re.compile(r"[0-9a-f]{64}")


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
    """The details and the logo as they are."""
    return visit.show(
        "statements/settings.html",
        details=await statement_settings.get(visit.desk, visit.account),
        percent=money.percent,
        bytes_max=logos.BYTES_MAX,
        pixels_max=logos.PIXELS_MAX,
    )


async def save(visit: Visit) -> Response:
    """Other details; statements that are final keep theirs."""
    values = _values(visit.form(DetailsForm))
    before = (await statement_settings.get(visit.desk, visit.account)).settings
    changed = _changed(before, values)
    if not changed:
        return visit.go(visit.url("/statements/settings"), "Nothing was changed.")
    await visit.noted(
        statement_settings.change(visit.desk, visit.account, values),
        "statement details changed",
        detail=words.details(before, changed),
    )
    return visit.go(visit.url("/statements/settings"), "The details are saved.")


def _values(form: DetailsForm) -> dict[str, object]:
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
    return values


def _changed(before: Settings, values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if getattr(before, name) != value}


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


async def set_logo(visit: Visit) -> Response:
    """Another picture in the head of the statements to come."""
    before = (await statement_settings.get(visit.desk, visit.account)).logo
    try:
        logo = _logo(visit.files.get("logo", b""))
        if before is not None and before.hash == logo.hash:
            return visit.go(visit.url("/statements/settings"), "It is this logo already.")
        await visit.noted(
            statement_settings.change(visit.desk, visit.account, {}, logo),
            "statement logo set",
            detail=f"{words.logo(before)} → {words.logo(logo)}",
        )
    except Refusal as error:  # the form's field is the file, not what the API calls it
        details = tuple(Detail("logo", one.message) for one in error.details)
        raise Refusal(error.code, error.message, details) from error
    return visit.go(visit.url("/statements/settings"), "The logo is saved.")


def _logo(content: bytes) -> Logo:
    if not content:
        raise invalid("logo", "must be chosen")
    kind: Literal["png", "svg"] = "svg"
    if content.startswith(b"\x89PNG"):
        kind = "png"
    elif not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise invalid("logo", "must be a PNG or an SVG")
    return logos.parse(kind, content)


async def remove_logo(visit: Visit) -> Response:
    """No picture any more."""
    before = (await statement_settings.get(visit.desk, visit.account)).logo
    if before is None:
        return visit.go(visit.url("/statements/settings"), "There is no logo.")
    await visit.noted(
        statement_settings.change(visit.desk, visit.account, {"logo": None}),
        "statement logo removed",
        detail=words.logo(before),
    )
    return visit.go(visit.url("/statements/settings"), "The logo is removed.")


async def picture(visit: Visit) -> Response:
    """A logo of the account, by its hash."""
    digest = visit.path["hash"]
    if not _DIGEST.fullmatch(digest):
        raise not_found("the logo")
    logo = await statement_settings.picture(visit.desk, visit.account, digest)
    headers = {"content-security-policy": PICTURE_POLICY}
    return Response(logo.content, media_type=MEDIA_TYPES[logo.kind], headers=headers)


PATH = "/dashboard/{account}/statements"
PAGES = [
    Page("GET", PATH + "/settings", show),
    Page("POST", PATH + "/settings", save, again=show),
    Page("POST", PATH + "/logo", set_logo, again=show, takes_file=True),
    Page("POST", PATH + "/logo/remove", remove_logo, again=show),
    Page("GET", PATH + "/logo/{hash}", picture),
]
