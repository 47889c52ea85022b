"""From bytes to typed values, at the door. Whatever is wrong is a refusal naming the field."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from prepaid.domain import ids, misfits
from prepaid.domain.ids import AccountId, Owned
from prepaid.domain.instants import DAY, Instant, from_datetime
from prepaid.domain.refusals import Refusal, invalid, not_found
from prepaid.web.shapes import Amount

T = TypeVar("T")
Q = TypeVar("Q", bound=msgspec.Struct)

BODY_MAX = 1 << 20
KEY_HEADER = "Idempotency-Key"
METADATA_KEYS_MAX = 50
METADATA_KEY_MAX = 40
METADATA_VALUE_MAX = 500

_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BREAKS = str.maketrans("\t\r\n", "   ")  # text of several lines is still text
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SENT_ONCE = frozenset(
    (b"content-length", b"content-type", b"idempotency-key", b"x-api-key", b"x-operator-key")
)
_NUMBER_MAX = {"ep": 2**31 - 1, "key": 2**31 - 1, "ws": 2**31 - 1}  # these are counted in 32 bits


_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def decode(data: bytes, kind: type[T]) -> T:
    """A JSON body as a value of `kind`.

    Raises:
        Refusal: 400, naming the field where one is wrong.
    """
    try:
        decoder = _decoders.get(kind)
        if decoder is None:
            decoder = _decoders[kind] = msgspec.json.Decoder(
                kind, dec_hook=_custom, float_hook=_number
            )
        value: T = decoder.decode(data)
    except msgspec.ValidationError as error:
        raise misfits.refusal(error, kind) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise misfits.no_json(data, error) from error
    return value


def _custom(kind: type, value: object) -> object:
    assert kind is Amount, "the only type of ours in a body"
    if type(value) not in (int, Decimal):
        raise ValueError(f"Expected `number`, got `{type(value).__name__}`")
    return Amount(value)  # type: ignore[arg-type] # one of the two, as checked above


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError as error:  # 1e9999999999999999999
        raise ValueError("must be a number of at most 10^9 credits") from error


def check_sent_once(headers: Sequence[tuple[bytes, bytes]]) -> None:
    """A header that means something to us is there once: we would have to guess which is meant.

    Raises:
        Refusal: 400 naming the header.
    """
    names = [name for name, _ in headers if name in _SENT_ONCE]
    if len(names) != len(set(names)):
        twice = next(name for name in names if names.count(name) > 1)
        name = KEY_HEADER if twice == b"idempotency-key" else twice.decode()
        raise invalid(name, "must be sent once")


def check_media_type(value: str | None) -> None:
    """A body is JSON and says so.

    Raises:
        Refusal: `415 unsupported_media_type`.
    """
    kind = (value or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        message = f"the body must be sent as application/json, not {kind or 'without a type'}"
        raise Refusal("unsupported_media_type", message)


def query(pairs: Sequence[tuple[str, str]], kind: type[Q]) -> Q:
    """A query string as a value of `kind`; unknown and repeated parameters are refused.

    Raises:
        Refusal: 400, naming the parameter.
    """
    values: dict[str, str] = {}
    for name, text in pairs:
        if name in values:
            raise invalid(name, "must be given once")
        values[name] = text
    try:
        found = msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise misfits.refusal(error, kind, is_text=True) from error
    for field in msgspec.structs.fields(kind):
        if field.encode_name in values and getattr(found, field.name) is None:
            raise invalid(field.encode_name, "must be left out rather than null")
    return found


def idempotency_key(value: str | None) -> str | None:
    """The caller's key, if there is one.

    Raises:
        Refusal: 400 when it is not 1 to 255 printable ASCII characters.
    """
    if value is not None and not _PRINTABLE.fullmatch(value):
        raise invalid(KEY_HEADER, "must be 1 to 255 printable ASCII characters")
    return value


def plain_text(value: str, field: str, most: int) -> str:
    """Text that people wrote: 1 to `most` characters, not blank, none of them a control.

    Raises:
        Refusal: 400 naming the field.
    """
    if _CONTROL.search(value):
        raise invalid(field, "must not contain control characters")
    if not value.strip() or len(value) > most:
        raise invalid(field, f"must have 1 to {most} characters")
    return value


def metadata(value: dict[str, str] | None) -> str | None:
    """Canonical JSON of the caller's own key-value pairs; None when there are none.

    Raises:
        Refusal: 400 beyond 50 keys of 40 characters with values of 500.
    """
    if not value:
        return None
    if len(value) > METADATA_KEYS_MAX:
        raise invalid("metadata", f"must have at most {METADATA_KEYS_MAX} keys")
    for key, text in value.items():
        if _CONTROL.search(key) or _CONTROL.search(text.translate(_BREAKS)):
            raise invalid("metadata", "must not contain control characters but line breaks")
        if len(key) > METADATA_KEY_MAX or len(text) > METADATA_VALUE_MAX:
            limits = f"{METADATA_KEY_MAX} and values at most {METADATA_VALUE_MAX} characters"
            raise invalid("metadata", f"keys must have at most {limits}")
    return msgspec.json.encode(value, order="sorted").decode()


def account_id(text: str, field: str | None = None) -> AccountId:
    """The account an id names.

    Raises:
        Refusal: 400 naming the body's field, or 404 for one in a path.
    """
    found = ids.parse_account(text)
    if found is None:
        raise not_found("the account") if field is None else invalid(field, "is no account id")
    return found


def owned_id(prefix: str, text: str, what: str) -> Owned:
    """The account and number an id in a path names.

    Raises:
        Refusal: `404 not_found`.
    """
    found = ids.parse_owned(prefix, text)
    if found is None or found.number > _NUMBER_MAX.get(prefix, found.number):
        raise not_found(what)
    return found


def own_id(account: AccountId, prefix: str, text: str, what: str) -> Owned:
    """The same, if it is this account's.

    Raises:
        Refusal: `404 not_found`.
    """
    found = owned_id(prefix, text, what)
    if found.account != account:
        raise not_found(what)
    return found


def period(start: str | None, end: str | None) -> tuple[Instant | None, Instant | None]:
    """A report's period `[start, end)`: dates are whole UTC days, date-times are exact.

    Raises:
        Refusal: 400 naming `startDate` or `endDate`.
    """
    low = None if start is None else _moment(start, "startDate")
    high = None if end is None else _moment(end, "endDate")
    whole_day = DAY if _DATE.fullmatch(end or "") else 0
    if high is None:
        return low, None
    if low is not None and low > high + max(whole_day - 1, 0):
        raise invalid("startDate", "must not be after endDate")
    return low, high + whole_day


def _moment(text: str, field: str) -> Instant:
    needs = "must be a date like 2026-04-01 or a date-time like 2026-04-01T00:00:00Z"
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            return from_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC))
        # A plus sign that was not encoded arrives as a space.
        moment = msgspec.convert(text.replace(" ", "+"), datetime)
        instant = from_datetime(moment)
    except (ValueError, OverflowError, msgspec.ValidationError) as error:
        raise invalid(field, needs) from error
    return instant


def instant(moment: datetime, field: str) -> Instant:
    """The point in time of a body's date-time.

    Raises:
        Refusal: 400 when it has no offset.
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise invalid(field, "needs an offset, for example 2026-04-01T00:00:00Z")
    try:
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    except OverflowError as error:
        raise invalid(field, "is out of range") from error
