"""The customer's routes for what its statements say of it, and how they are made."""

import base64
import binascii
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from prepaid.domain.refusals import invalid
from prepaid.domain.statements import logos, money
from prepaid.domain.statements.settings import Logo
from prepaid.flows.statements import settings as flow
from prepaid.flows.statements.settings import Details
from prepaid.web import parsing
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Amount, Body, LegalName, Number, Shape

TEXTS = {  # our name: theirs, and most characters
    "legal_name": ("legalName", 255),
    "tax_id": ("taxId", 50),
    "payment_terms": ("paymentTerms", 500),
}
LINE_MAX = 100
LABEL_MAX = 30

Percent = Annotated[Amount, Meta(description="Percent, at most 4 decimals")]


class TaxBody(Body, frozen=True, kw_only=True):
    """A tax on the lines together."""

    label: Annotated[str, Meta(min_length=1, max_length=LABEL_MAX, examples=["VAT"])]
    rate_percent: Percent


class LogoBody(Body, frozen=True, kw_only=True):
    """A picture of at most 128 KiB."""

    type: Literal["png", "svg"]
    data: Annotated[str, Meta(description="The file in base64", max_length=200_000)]


class SettingsPatch(Body, frozen=True, kw_only=True):
    """What changes; null takes a detail away."""

    legal_name: LegalName | UnsetType | None = UNSET
    address: Annotated[list[str], Meta(max_length=8)] | UnsetType = UNSET
    tax_id: Annotated[str, Meta(max_length=50)] | UnsetType | None = UNSET
    payment_terms: Annotated[str, Meta(max_length=500)] | UnsetType | None = UNSET
    number_prefix: (
        Annotated[str, Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9._/-]{0,15})?\Z")] | UnsetType
    ) = UNSET
    tax: TaxBody | UnsetType | None = UNSET
    time_zone: (
        Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}\Z", examples=["Europe/Paris"])]
        | UnsetType
    ) = UNSET
    logo: LogoBody | UnsetType | None = UNSET
    automatic: bool | UnsetType = UNSET


class TaxSettingShape(Shape, frozen=True, kw_only=True):
    """The tax on the lines together."""

    label: str
    rate_percent: Number


class LogoShape(Shape, frozen=True, kw_only=True):
    """The picture in the head of a statement."""

    type: Literal["png", "svg"]
    bytes: int
    sha256: str


class SettingsShape(Shape, frozen=True, kw_only=True):
    """What statements are made with."""

    legal_name: str | None
    address: tuple[str, ...]
    tax_id: str | None
    payment_terms: str | None
    number_prefix: str
    tax: TaxSettingShape | None
    time_zone: str
    currency: str
    logo: LogoShape | None
    automatic: bool


async def settings(call: Call) -> Answer:
    """What statements are made with."""
    return Answer(_shape(await flow.get(call.desk, call.account)))


async def change(call: Call) -> Answer:
    """Change some of it. Statements that are final keep what they were made with."""
    body: SettingsPatch = call.body
    values: dict[str, object] = {}
    for name, most in TEXTS.items():
        text = getattr(body, name)
        if text is not UNSET:
            values[name] = None if text is None else parsing.plain_text(text, *most)
    if body.address is not UNSET:
        values["address"] = tuple(
            parsing.plain_text(line, f"address[{place}]", LINE_MAX)
            for place, line in enumerate(body.address)
        )
    if body.tax is not UNSET:
        values |= _tax(body.tax)
    if body.logo is None:
        values["logo"] = None
    same = {"number_prefix": "prefix", "time_zone": "time_zone", "automatic": "automatic"}
    for name, ours in same.items():
        if getattr(body, name) is not UNSET:
            values[ours] = getattr(body, name)
    logo = _logo(body.logo) if isinstance(body.logo, LogoBody) else None
    return Answer(_shape(await flow.change(call.desk, call.account, values, logo)))


def _tax(tax: TaxBody | None) -> dict[str, object]:
    if tax is None:
        return {"tax_rate": None}
    return {
        "tax_label": parsing.plain_text(tax.label, "tax.label", LABEL_MAX),
        "tax_rate": money.from_percent(tax.rate_percent, "tax.ratePercent", 0, 100),
    }


def _logo(body: LogoBody) -> Logo:
    try:
        content = base64.b64decode(body.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("logo.data", "must be base64") from error
    return logos.parse(body.type, content)


def _shape(found: Details) -> SettingsShape:
    settings, logo = found.settings, found.logo
    return SettingsShape(
        legal_name=settings.legal_name,
        address=settings.address,
        tax_id=settings.tax_id,
        payment_terms=settings.payment_terms,
        number_prefix=settings.prefix,
        tax=None
        if settings.tax_rate is None
        else TaxSettingShape(
            label=settings.tax_label, rate_percent=money.percent(settings.tax_rate)
        ),
        time_zone=settings.time_zone,
        currency=found.account.currency,
        logo=None
        if logo is None
        else LogoShape(type=logo.kind, bytes=len(logo.content), sha256=logo.hash),
        automatic=settings.automatic,
    )


SETTINGS = "/v2/billing/statement-settings"
ROUTES = [
    Route("GET", SETTINGS, settings, "Settings of statements", who="account", answer=SettingsShape),
    Route(
        "PATCH",
        SETTINGS,
        change,
        "Change settings of statements",
        who="account",
        body=SettingsPatch,
        answer=SettingsShape,
    ),
]
