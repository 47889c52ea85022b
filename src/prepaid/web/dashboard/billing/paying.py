"""The forms of the billing page that have to do with money: the card, auto top-up, buying."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import Response

from prepaid.domain import misfits
from prepaid.domain.amounts import CENT
from prepaid.domain.refusals import invalid
from prepaid.domain.topups.caps import AMOUNT_CENTS_MIN, CENTS_MAX, AutoTopup, AutoTopupPatch
from prepaid.flows.topups import payment_methods
from prepaid.flows.topups import topup as topups
from prepaid.web import parsing
from prepaid.web.dashboard import forms
from prepaid.web.dashboard.billing import page
from prepaid.web.dashboard.forms import Credits, Form
from prepaid.web.dashboard.pages import Page, Visit
from prepaid.web.dashboard.shown import amount
from prepaid.web.topup_shapes import MethodBody
from prepaid.web.topups import provider_may_be_away


class AutoTopupForm(Form, frozen=True, kw_only=True):
    """Auto top-up as it was typed. A blank month has no limit; another blank field stays."""

    enabled: bool | UnsetType = UNSET
    threshold_in_credit_cents: Credits | UnsetType = UNSET
    amount_in_credit_cents: Credits | UnsetType = UNSET
    max_per_day: int | UnsetType = UNSET
    max_per_month_in_credit_cents: Credits | None = None


class MethodForm(Form, frozen=True, kw_only=True):
    """The card to pay with, by the provider's reference."""

    payment_method: str


class BuyForm(Form, frozen=True, kw_only=True):
    """Credit to buy once; the form's key makes a second click the same purchase."""

    amount_in_credit_cents: Credits
    key: str


async def auto(visit: Visit) -> Response:
    """Change auto top-up."""
    before = _wire((await topups.terms(visit.desk, visit.account)).auto)
    wanted = _differing(visit.form(AutoTopupForm), before)
    if not wanted:
        return visit.go(visit.url("/billing"), "Auto top-up: nothing was changed.")
    after = await visit.noted(
        topups.configure(visit.desk, visit.account, _patch(wanted)),
        "auto top-up changed",
        detail="; ".join(f"{name}: {before[name]} → {wanted[name]}" for name in wanted),
    )
    said = "on" if after.enabled else "off"
    return visit.go(visit.url("/billing"), f"Auto top-up is saved. It is {said}.")


def _wire(auto: AutoTopup) -> dict[str, object]:
    most = auto.per_month_max
    return {
        "enabled": auto.enabled,
        "thresholdInCreditCents": auto.threshold // CENT,
        "amountInCreditCents": auto.amount // CENT,
        "maxPerDay": auto.per_day_max,
        "maxPerMonthInCreditCents": None if most is None else most // CENT,
    }


def _differing(form: AutoTopupForm, before: Mapping[str, object]) -> dict[str, object]:
    """What is to be changed, checked in credits, as it was typed."""
    month = form.max_per_month_in_credit_cents
    said = {
        "enabled": form.enabled,
        "thresholdInCreditCents": _within("threshold", form.threshold_in_credit_cents, 0),
        "amountInCreditCents": _within("amount", form.amount_in_credit_cents),
        "maxPerDay": form.max_per_day,
        "maxPerMonthInCreditCents": None if month is None else _within("maxPerMonth", month),
    }
    has_amount = form.amount_in_credit_cents is not UNSET or before["amountInCreditCents"]
    if form.enabled is True and not has_amount:
        raise invalid("amountInCreditCents", "is required: how much is bought each time")
    return {name: value for name, value in said.items() if value not in (UNSET, before[name])}


def _within(
    name: str, cents: Credits | UnsetType, least: int = AMOUNT_CENTS_MIN
) -> int | UnsetType:
    if cents is UNSET:
        return UNSET
    if not least <= cents <= CENTS_MAX:
        need = f"must be {least // 100} to {CENTS_MAX // 100:,} credits"
        raise invalid(f"{name}InCreditCents", need)
    return int(cents)


def _patch(wanted: Mapping[str, object]) -> AutoTopupPatch:
    try:
        return msgspec.convert(wanted, AutoTopupPatch)
    except msgspec.ValidationError as error:
        raise forms.for_people(misfits.refusal(error, AutoTopupPatch)) from error


async def put(visit: Visit) -> Response:
    """Pay with another card."""
    wanted = visit.form(MethodForm).payment_method.strip()
    try:
        reference = msgspec.convert({"paymentMethod": wanted}, MethodBody).payment_method
    except msgspec.ValidationError as error:
        need = "must be the id of a payment method, such as pm_1PqXyZ"
        raise invalid("paymentMethod", need) from error
    with provider_may_be_away():
        card = await payment_methods.put(visit.desk, visit.account, reference)
    # Not `noted`: a customer is kept at the provider before the card is taken or refused.
    await visit.note("payment method set", card.reference)
    said = f"{(card.brand or 'card').title()} ending in {card.last4 or '????'}"
    return visit.go(visit.url("/billing"), f"{said} is what is paid with from now on.")


async def remove(visit: Visit) -> Response:
    """Pay with no card any more."""
    card = await payment_methods.get(visit.desk, visit.account)
    await visit.noted(
        payment_methods.delete(visit.desk, visit.account), "payment method removed", card.reference
    )
    return visit.go(visit.url("/billing"), "The payment method is removed; auto top-up is off.")


async def setup(visit: Visit) -> Response:
    """A link to the provider's page on which a card is entered; it comes back by an event."""
    back = visit.frame.public_url + visit.url("/billing")
    with provider_may_be_away():
        url = await payment_methods.setup_link(visit.desk, visit.account, back)
    return visit.go_and_tell(visit.url("/billing"), url, "#card")


async def buy(visit: Visit) -> Response:
    """Buy credit once."""
    wanted = visit.form(BuyForm)
    cents = _within("amount", wanted.amount_in_credit_cents)
    assert isinstance(cents, int), "an amount was given"
    key = parsing.idempotency_key(wanted.key)
    bought = await topups.buy(visit.desk, visit.account, cents, key)
    said = f"{amount(cents * CENT)} credits"
    if not bought.replayed:  # a second click is not a second purchase
        await visit.note("credit bought", bought.attempt.id, said)
    return visit.go(visit.url("/billing/topups"), f"{said} are being bought.")


BASE = "/dashboard/{account}/billing"
METHOD = BASE + "/payment-method"
PAGES = [
    Page("POST", BASE + "/auto-topup", auto, again=page.show),
    Page("POST", METHOD, put, again=page.show),
    Page("POST", METHOD + "/remove", remove, again=page.show),
    Page("POST", METHOD + "/setup", setup, again=page.show),
    Page("POST", BASE + "/buy", buy, again=page.show),
]
