"""Which members of an answer are always there: all of them, but those that may be left out.

The default of a member is for us, who make the answer. The library takes it for one of the
caller's, and would tell a member that has one as a member that may be missing.
"""

from collections.abc import Iterable
from typing import Any, get_args

import msgspec
from msgspec import UNSET, Struct

from prepaid.web.shapes import Body


def completed(components: dict[str, Any], kinds: Iterable[Any]) -> dict[str, Any]:
    """The schemas by name, those of answers alone with every member that is always there."""
    asked: dict[str, type[Struct]] = {}
    answered: dict[str, type[Struct]] = {}
    for kind in kinds:
        is_asked = isinstance(kind, type) and issubclass(kind, Body)
        _gather(kind, asked if is_asked else answered)
    whole = dict(components)
    for name in answered.keys() & components.keys() - asked.keys():
        if not answered[name].__struct_config__.omit_defaults:
            fields = msgspec.structs.fields(answered[name])
            always = [field.encode_name for field in fields if field.default is not UNSET]
            names = dict.fromkeys([*components[name].get("required", ()), *always])
            whole[name] = components[name] | {"required": list(names)}
    return whole


def _gather(kind: Any, found: dict[str, type[Struct]]) -> None:  # noqa: ANN401 - any annotation
    """The structs that an annotation leads to, by name."""
    if isinstance(kind, type) and issubclass(kind, Struct) and kind.__name__ not in found:
        found[kind.__name__] = kind
        for field in msgspec.structs.fields(kind):
            _gather(field.type, found)
    for part in get_args(kind):
        _gather(part, found)
