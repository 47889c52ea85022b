"""What a request is sold as: the charges of a plain route, and what makes one a repeat."""

from collections.abc import Iterator, Sequence

from prepaid.domain.refusals import invalid
from prepaid.domain.routing import json_trees, templates
from prepaid.domain.routing.routes import SKU, Line, Repeat, SkuRule
from prepaid.domain.routing.templates import Asked

ITEMS_MAX = 100  # items of one request that are billed one by one


def lines(rule: SkuRule, asked: Asked) -> tuple[Line, ...]:
    """The charges of a request, in the order of its items; items of one SKU share a charge.

    Raises:
        Refusal: 400 naming the field that is missing, of no SKU, or too long a list.
    """
    if rule.each is None:
        return (Line(_sku(rule, asked, None, ())),)
    bought: dict[str, list[str]] = {}
    for item, wire in _items(rule.each, asked):
        if item in rule.free:
            continue
        name = item if rule.names is None else rule.names.get(item)
        if name is None:
            raise invalid(wire, f"{item!r} is not sold here")
        same = bought.setdefault(_sku(rule, asked, name, (wire,)), [])
        if item not in same:
            same.append(item)
    return tuple(Line(sku, tuple(items)) for sku, items in bought.items())


def repeat_key(repeat: Repeat, asked: Asked, line: Line) -> str | None:
    """What two requests must have in common, beside account and SKU, for the second to be free.

    None when the request does not say a key field: then nothing is a repeat of it. Spaces around
    a value do not count.
    """
    values = [templates.value(wanted, asked) for wanted in repeat.key]
    if any(value is None for value in values):
        return None
    return json_trees.encode([*((value or "").strip() for value in values), line.part]).decode()


def _sku(rule: SkuRule, asked: Asked, item: str | None, wires: Sequence[str]) -> str:
    sku = templates.render(rule.template, asked, item)
    if SKU.fullmatch(sku):
        return sku
    field = next((hole.name for hole in rule.template.fields if hole.source != "item"), None)
    raise invalid(field or (wires[0] if wires else "sku"), f"makes no SKU: {sku!r}")


def _items(path: tuple[str, ...], asked: Asked) -> Iterator[tuple[str, str]]:
    # Each item's text, and what a refusal calls it.
    name = ".".join(path)
    found = json_trees.each(asked.body, path)
    if found is None:
        raise invalid(name, "must be a list")
    if len(found) > ITEMS_MAX:
        raise invalid(name, f"must have at most {ITEMS_MAX} items, has {len(found)}")
    for place, value in enumerate(found):
        text = json_trees.text(value)
        wire = f"{name}[{place}]"
        if text is None or len(text) > templates.VALUE_MAX:
            raise invalid(wire, f"must be a text of at most {templates.VALUE_MAX} characters")
        yield text, wire
