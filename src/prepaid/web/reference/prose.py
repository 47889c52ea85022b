"""How sentences and code of the reference look. Everything is escaped first."""

import re

from markupsafe import Markup, escape

_TOKENS = re.compile(
    r'(?P<name>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<word>(?<=[\s\[])(?:true|false|null|-?\d+(?:\.\d+)?)\b)"
)


def prose(text: str) -> Markup:
    """A sentence, with what stands between backticks as code."""
    parts = text.split("`")
    whole = len(parts) - (len(parts) % 2 == 0)  # a lone one is itself
    found = Markup()
    for number, part in enumerate(parts[:whole]):
        shown = escape(part)
        found += Markup("<code>{}</code>").format(shown) if number % 2 else shown
    return found + escape("".join(f"`{part}" for part in parts[whole:]))


def coloured(text: str) -> Markup:
    """JSON with its names, texts and other values told apart."""
    found, end = Markup(), 0
    for token in _TOKENS.finditer(text):
        found += escape(text[end : token.start()])
        found += Markup('<i class="{}">{}</i>').format(token.lastgroup, token[0])
        end = token.end()
    return found + escape(text[end:])


FILTERS = {"prose": prose, "coloured": coloured}
