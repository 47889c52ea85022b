"""Which pictures may stand in the head of a statement: small ones that fetch and run nothing."""

import hashlib
import re
from typing import Literal
from xml.etree import ElementTree as ET

from prepaid.domain.refusals import invalid
from prepaid.domain.statements.settings import Logo

BYTES_MAX = 128 * 1024
PIXELS_MAX = 2_000  # of each side
ELEMENTS_MAX = 2_000
DEPTH_MAX = 30

_PNG = b"\x89PNG\r\n\x1a\n"
_IHDR_END = 24  # signature, length, name, width, height
_SVG = "{http://www.w3.org/2000/svg}"
# Pictures of shapes and words. Without `use`, nothing small can grow large.
_SHAPES = frozenset(
    {
        *("svg", "g", "defs", "title", "desc", "text", "tspan"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
        *("linearGradient", "radialGradient", "stop", "clipPath"),
    }
)
_ELSEWHERE = re.compile(r"url\(\s*['\"]?(?!#)", re.IGNORECASE)
_FIELD = "logo.data"


def parse(kind: Literal["png", "svg"], content: bytes) -> Logo:
    """A picture that somebody sent.

    Raises:
        Refusal: 400 naming the field.
    """
    if len(content) > BYTES_MAX:
        raise invalid(_FIELD, f"must be at most {BYTES_MAX} bytes")
    if kind == "png":
        _check_png(content)
    else:
        _check_svg(content)
    return Logo(hashlib.sha256(kind.encode() + content).hexdigest(), kind, content)


def _check_png(content: bytes) -> None:
    if not content.startswith(_PNG) or len(content) < _IHDR_END:
        raise invalid(_FIELD, "is no PNG")
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    if not (0 < width <= PIXELS_MAX and 0 < height <= PIXELS_MAX):
        raise invalid(_FIELD, f"must be at most {PIXELS_MAX} pixels wide and high")


def _check_svg(content: bytes) -> None:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise invalid(_FIELD, "must be UTF-8") from error
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise invalid(_FIELD, "must have no document type")
    try:
        tree = ET.fromstring(text)  # noqa: S314 - without a document type there are no entities
    except (ET.ParseError, ValueError) as error:
        raise invalid(_FIELD, "is no SVG") from error
    if tree.tag != f"{_SVG}svg":
        raise invalid(_FIELD, "is no SVG")
    if sum(1 for _ in tree.iter()) > ELEMENTS_MAX:
        raise invalid(_FIELD, f"must have at most {ELEMENTS_MAX} elements")
    _check_tree(tree, 0)


def _check_tree(element: "ET.Element[str]", depth: int) -> None:
    if depth > DEPTH_MAX:
        raise invalid(_FIELD, f"must have at most {DEPTH_MAX} elements inside each other")
    _check_element(element)
    for part in element:
        _check_tree(part, depth + 1)


def _check_element(element: "ET.Element[str]") -> None:
    name = str(element.tag).removeprefix(_SVG)
    if name not in _SHAPES:
        raise invalid(_FIELD, f"must be made of shapes and text, without {name[:50]}")
    for attribute, value in element.attrib.items():
        plain = attribute.rpartition("}")[2].lower()
        if plain.startswith("on"):
            raise invalid(_FIELD, f"must run nothing, without {plain[:50]}")
        if plain == "href" or _ELSEWHERE.search(value):
            raise invalid(_FIELD, "must not refer to anything outside")
