"""What a form says: names as in the API, values as text, made into typed values or refused.

`lowBalanceTiers[0].cents` is the field `cents` of the first row of a list, and `eventTypes[]` may
come many times. What is left blank was not said, and a row of blanks is no row.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct
from starlette.requests import Request

from prepaid.domain import misfits
from prepaid.domain.refusals import Detail, Refusal, invalid
from prepaid.web import endpoints
from prepaid.web.dashboard import uploads
from prepaid.web.dashboard.guards import TOKEN_FIELD

F = TypeVar("F", bound=Struct)

FIELDS_MAX = 2_000
CREDITS_MAX = 10**14  # in cents
KIND = "application/x-www-form-urlencoded"
NAME = "form"  # which of a page's forms was sent

_PLACE = re.compile(r"(?P<list>\w{1,64})\[(?P<row>\d{1,4})\](?:\.(?P<name>\w{1,64}))?")
_SAID = [
    (re.compile(r"^must have at least 1 character$"), "is required"),
    (re.compile(r"^(must have at (?:least|most) \d+) item"), r"\1 row"),
    (re.compile(r"^(must be .*) or null$"), r"\1"),
    (re.compile(r"^must match \^\[a-z\].*"), "must begin with a small letter, then a-z, 0-9 or _"),
    (
        re.compile(r"^must match .*A-Za-z0-9\._:/-.*"),
        "must begin with a letter or digit, then at most 63 letters, digits or . _ : / -",
    ),
    (re.compile(r"^must match .*a-zA-Z0-9_-.*"), "must have 1 to 64 of a-z, A-Z, 0-9, - and _"),
]


class Form(Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """What a form sends, as a handler takes it."""


class Credits(int):
    """Cents of credit that were typed in credits: `12.50` is 1250."""


Sent = dict[str, str]


Files = Mapping[str, bytes]


async def read(request: Request, *, takes_file: bool = False) -> tuple[Sent, Files]:
    """The fields of a request's form by name, and a file where one is taken.

    Raises:
        Refusal: 400, 413 or 415.
    """
    content_type = request.headers.get("content-type", "")
    sent_as = content_type.partition(";")[0].strip().lower()
    data = await endpoints.read_body(request)
    if takes_file and sent_as == uploads.KIND:
        fields, files = await uploads.read(content_type, data)
        return tidy(fields), files
    if sent_as != KIND and data:
        raise Refusal("unsupported_media_type", f"a form must be sent as {KIND}")
    try:
        pairs = parse_qsl(
            data.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX
        )
    except ValueError as error:
        raise invalid("body", "must be a form") from error
    return tidy(pairs), {}


def tidy(pairs: Iterable[tuple[str, str]]) -> Sent:
    """The last value of each name, rows of blanks left out, the others numbered from 0.

    The last one, since a switch is a hidden `false` before a box that says `true`.
    """
    said: Sent = {}
    rows: dict[str, dict[int, Sent]] = {}
    for name, text in pairs:
        place = _PLACE.fullmatch(name)
        if name.endswith("[]"):
            row = rows.setdefault(name[:-2], {})
            row[len(row)] = {"": text}
        elif place is not None:
            row = rows.setdefault(place["list"], {})
            row.setdefault(int(place["row"]), {})["." + (place["name"] or "")] = text
        else:
            said[name] = text
    for name, found in rows.items():
        kept = [one for _, one in sorted(found.items()) if any(map(str.strip, one.values()))]
        for number, one in enumerate(kept):
            said |= {f"{name}[{number}]{end.rstrip('.')}": text for end, text in one.items()}
    return said


def typed(sent: Mapping[str, str], kind: type[F]) -> F:
    """The fields as a value.

    Raises:
        Refusal: 400, naming the field and saying what it needs, in words for people.
    """
    values: dict[str, object] = {}
    lists: dict[str, list[object]] = {}
    for name, text in sent.items():
        if name in (TOKEN_FIELD, NAME) or not text.strip():
            continue
        place = _PLACE.fullmatch(name)
        if place is None:
            values[name] = text
        else:
            _put(lists.setdefault(place["list"], []), int(place["row"]), place["name"], text)
    try:
        return msgspec.convert(values | lists, kind, strict=False, dec_hook=_credits)
    except msgspec.ValidationError as error:
        raise for_people(misfits.refusal(error, kind, is_text=True)) from error


def _put(rows: list[object], number: int, name: str | None, text: str) -> None:
    """Rows come in order, see `tidy`; of a row the names come one by one."""
    if name is None:
        rows.append(text)
        return
    if number == len(rows):
        rows.append({})
    row = rows[number]
    if isinstance(row, dict):
        row[name] = text


def _credits(kind: type, value: object) -> object:
    assert kind is Credits, "the only type of ours in a form"
    text = str(value).strip().replace(",", "").replace(" ", "")
    try:
        cents = Decimal(text) * 100
    except ArithmeticError as error:
        raise ValueError("must be an amount of credits such as 12.50") from error
    if not cents.is_finite() or abs(cents) > CREDITS_MAX:
        raise ValueError("is too large")
    if cents != int(cents):
        raise ValueError("must be an amount of credits with at most 2 decimals")
    return Credits(int(cents))


def for_people(refusal: Refusal) -> Refusal:
    """The same refusal in words for those who fill in forms."""
    details = tuple(Detail(one.field, _plain(one.message)) for one in refusal.details)
    return Refusal(refusal.code, refusal.message, details)


def _plain(message: str) -> str:
    for pattern, words in _SAID:
        if pattern.match(message):
            return pattern.sub(words, message)
    return message


def on_field(refusal: Refusal, field: str) -> Refusal:
    """The refusal as one of a field, beside which it is shown."""
    return Refusal(refusal.code, refusal.message, (Detail(field, refusal.message),))
