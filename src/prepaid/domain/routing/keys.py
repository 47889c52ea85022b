"""Values of single keys of the routes file, and how a wrong one is told."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from prepaid.domain.routing import templates
from prepaid.domain.routing.templates import Field, Template, TemplateError
from prepaid.domain.routing.toml_lines import Keys

T = TypeVar("T")


class WrongKey(Exception):
    """A key of the file is wrong: where it is, and why. A refusal, once its line is known."""

    def __init__(self, keys: Keys, reason: str) -> None:
        super().__init__(reason)
        self.keys = keys
        self.reason = reason


def spelled(keys: Keys) -> str:
    """`routes[2].sku.template`: positions from 0, as in the messages of other tools."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")


def template(
    text: str | None, keys: Keys, sources: Sequence[str], params: frozenset[str]
) -> Template | None:
    """A template of fields that may stand here; None when there is none.

    Raises:
        WrongKey: it is no template, or asks for what is not there.
    """
    if text is None:
        return None
    made = made_of(templates.template, text, keys)
    for hole in made.fields:
        check_field(hole, keys, sources, params)
    return made


def field(
    text: str | None, keys: Keys, sources: Sequence[str], params: frozenset[str]
) -> Field | None:
    """A field that may stand here; None when there is none.

    Raises:
        WrongKey: it is no field, or asks for what is not there.
    """
    if text is None:
        return None
    made = made_of(templates.field, text, keys)
    check_field(made, keys, sources, params)
    return made


def check_field(field: Field, keys: Keys, sources: Sequence[str], params: frozenset[str]) -> None:
    """A field names one value, of a source that is known at that moment.

    Raises:
        WrongKey: it does not.
    """
    reason = f"cannot use {field.source} here, only {', '.join(sources)}"
    check(field.source in sources, keys, reason)
    if field.source == "path":
        check(field.path[0] in params, keys, f"the path has no {{{field.path[0]}}}")
    check(not {"*", "{item}"} & set(field.path), keys, "must name one value")


def object_path(text: str | None, keys: Keys) -> tuple[str, ...] | None:
    """A path of object keys in the answer; None when there is none.

    Raises:
        WrongKey: it is no path, or names several places.
    """
    if text is None:
        return None
    path = made_of(templates.path, text, keys)
    check(not {"*", "{item}"} & set(path), keys, "must be one place of the answer")
    return path


def made_of(make: Callable[[str], T], text: str, keys: Keys) -> T:
    """What a text of the file means.

    Raises:
        WrongKey: the text is wrong.
    """
    try:
        return make(text)
    except TemplateError as error:
        raise WrongKey(keys, str(error)) from error


def check(is_good: object, keys: Keys, reason: str) -> None:
    """Something that must hold of the key.

    Raises:
        WrongKey: it does not hold.
    """
    if not is_good:
        raise WrongKey(keys, reason)
