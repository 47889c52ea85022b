"""Headers of a webhook's request and of its answer as they are kept: lines of visible ASCII.

What is secret in them is masked before it is kept. Knows neither the wire nor the database.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

KEPT_MAX = 4 * 1024  # characters, of the headers of one answer
LINES_MAX = 64
MASK = "••••••••"  # stands for a value that is secret
CUT = "…"  # the last line when not everything was kept
SECRET_LENGTH_MIN = 8  # of a value that is looked for in answers; a shorter one is met by chance

Raw = tuple[bytes, bytes]  # name and value as they came
_END = "\r\n"
_COOKIES = (b"set-cookie", b"set-cookie2")
_SEEN = bytes(range(ord(" "), ord("~") + 1))
_UNSEEN = re.compile(r"[^ -~]")


class Header(Struct, frozen=True):
    """One header."""

    name: str
    value: str


class Head(Struct, frozen=True):
    """Headers in their order; the same name may come again."""

    headers: tuple[Header, ...]
    is_cut: bool  # there were more, or the last value was longer


def lines(headers: Mapping[str, str]) -> str:
    """Headers as they are written and kept, each with its line end."""
    return "".join([f"{name}: {value}{_END}" for name, value in headers.items()])


def masked(headers: Mapping[str, str]) -> str:
    """The same without the values."""
    return "".join([f"{name}: {MASK}{_END}" for name in headers])


def of_answer(headers: Sequence[Raw], secrets: Sequence[str] = ()) -> str:
    """The headers of an answer, to be kept: at most 64, and 4 096 characters.

    A receiver may send any byte; what is not visible ASCII is kept as its number. The value of a
    cookie is masked, and so is each of `secrets` that the receiver has sent back.
    """
    plain = None if secrets else _plain(headers)
    if plain is not None:
        return plain
    kept: list[str] = []
    room = KEPT_MAX
    for name, value in headers:
        line = _line(name, value, secrets)
        if len(line) > room or len(kept) == LINES_MAX:
            kept += [line[:room] * (len(kept) < LINES_MAX), CUT]
            break
        kept.append(line)
        room -= len(line)
    return _END.join(kept)


def _plain(headers: Sequence[Raw]) -> str | None:
    """All of them as they came, which is what nearly every receiver sends; None: not these."""
    whole = b"\r\n".join([b"%b: %b" % header for header in headers])
    if len(whole) > KEPT_MAX or len(headers) > LINES_MAX or b"cookie" in whole.lower():
        return None
    unseen = whole.translate(None, _SEEN)
    return whole.decode("ascii") if unseen == b"\r\n" * (len(headers) - 1) else None


def _line(name: bytes, value: bytes, secrets: Sequence[str]) -> str:
    if name.lower() in _COOKIES:
        return f"{name.decode('ascii')}: {MASK}"
    said = (b"%b: %b" % (name, value)).decode("ascii", "backslashreplace")
    if not said.isprintable():
        said = _UNSEEN.sub(lambda one: f"\\x{ord(one[0]):02x}", said)
    return hidden(said, secrets) if secrets else said


def secrets_of(values: Iterable[str]) -> tuple[str, ...]:
    """What to look for in an answer, the longest first: each value, and its last word.

    The last word, since `Bearer …` is a secret with a name before it.
    """
    wanted = {part for value in values for part in (value, value.split(" ")[-1])}
    return tuple(sorted((one for one in wanted if len(one) >= SECRET_LENGTH_MIN), key=len)[::-1])


def hidden(text: str, secrets: Iterable[str]) -> str:
    """A text in which the mask stands for each of these."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def parse(kept: str) -> Head:
    """What was kept, taken apart."""
    found = [line for line in kept.split(_END) if line]
    is_cut = found[-1:] == [CUT]
    pairs = [line.partition(":") for line in (found[:-1] if is_cut else found)]
    return Head(tuple(Header(name, value.strip()) for name, _, value in pairs), is_cut)
