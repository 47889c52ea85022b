"""A TrueType font of our own, so that no test needs one that is installed."""

import struct
from collections.abc import Sequence

FAMILY = "Prepaid Test"
EM = 1_000


def font(letters: Sequence[str]) -> bytes:
    """A font file in which each of some letters of the first plane is a black square."""
    codes = sorted(ord(letter) for letter in letters)
    glyph = _square()
    many = len(codes) + 1  # the first stands for what is missing
    tables = {
        b"OS/2": struct.pack(
            ">HhHHH11h10sIIII4sHHHhhhHHIIhhHHH",
            *(4, EM, 400, 5, 0),
            *(650, 600, 0, 75, 650, 600, 0, 350, 50, 300, 0),
            bytes(10),
            *(0, 0, 0, 0, b"TEST", 0x40, codes[0], codes[-1]),
            *(800, -200, 0, 900, 300, 0, 0, 500, 700, 0, 32, 1),
        ),
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 1, 12) + _mapping(codes),
        b"glyf": glyph * many,
        b"head": struct.pack(
            ">IIIIHHqqhhhhHHhhh",
            *(0x10000, 0x10000, 0, 0x5F0F3CF5, 0, EM, 0, 0, 0, 0, 800, 800, 0, 8, 2, 1, 0),
        ),
        b"hhea": struct.pack(">I15hH", 0x10000, 800, -200, 0, EM, *[0] * 11, many),
        b"hmtx": struct.pack(">Hh", EM, 0) * many,
        b"loca": struct.pack(f">{many + 1}I", *(len(glyph) * n for n in range(many + 1))),
        b"maxp": struct.pack(">I14H", 0x10000, many, 4, 1, 0, 0, 2, *[0] * 8),
        b"name": _names(),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    return _file(tables)


def _square() -> bytes:
    ends = struct.pack(">5h", 1, 0, 0, 800, 800) + struct.pack(">HH", 3, 0)
    points = struct.pack(">4h", 0, 800, 0, -800) + struct.pack(">4h", 0, 0, 800, 0)
    data = ends + bytes([1] * 4) + points
    return data + bytes(-len(data) % 4)


def _mapping(codes: Sequence[int]) -> bytes:
    """Format 4, one segment for each letter and the last one that must be."""
    every = [*codes, 0xFFFF]
    deltas = [(place - code) % 65_536 for place, code in enumerate(codes, 1)] + [1]
    count = len(every)
    body = struct.pack(f">{count}H", *every) + bytes(2)
    body += struct.pack(f">{count}H", *every) + struct.pack(f">{count}H", *deltas)
    body += bytes(2 * count)
    return struct.pack(">HHHHHHH", 4, 14 + len(body), 0, 2 * count, 0, 0, 0) + body


def _names() -> bytes:
    texts = {1: FAMILY, 2: "Regular", 4: FAMILY, 6: FAMILY.replace(" ", "-")}
    data, records = b"", b""
    for ident, text in texts.items():
        word = text.encode("utf-16-be")
        records += struct.pack(">6H", 3, 1, 0x409, ident, len(word), len(data))
        data += word
    return struct.pack(">3H", 0, len(texts), 6 + len(records)) + records + data


def _file(tables: dict[bytes, bytes]) -> bytes:
    place = 12 + 16 * len(tables)
    head, body = struct.pack(">IHHHH", 0x10000, len(tables), 0, 0, 0), b""
    for name, data in sorted(tables.items()):
        head += struct.pack(">4sIII", name, 0, place + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return head + body
