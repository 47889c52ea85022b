"""What is told about one type of event: its name, meaning, JSON schema and examples."""

import msgspec
from msgspec import Struct

# Cents are JSON numbers on the wire; the library would call an exact decimal a string.
_DECIMAL = b'"anyOf":[{"type":"integer"},{"type":"string","format":"decimal"}]'


class EventType(Struct, frozen=True):
    """One kind of event."""

    name: str
    description: str
    payload: type[Struct]
    schema: bytes  # JSON Schema 2020-12 of the payload
    examples: tuple[bytes, ...]  # payloads as the guide prints them, indented; the first is sent

    @property
    def body(self) -> bytes:
        """The first example as it is sent: the same keys and values in the same order, compact."""
        return msgspec.json.format(self.examples[0], indent=-1)


def event_type(name: str, description: str, payload: type[Struct], *examples: bytes) -> EventType:
    """An event type; its schema is that of the payload.

    Args:
        name: what `type` says in the payload.
        description: when it is sent, in one sentence.
        payload: the whole body.
        examples: indented JSON; the first is what `send-example` sends.
    """
    schema = msgspec.json.encode(msgspec.json.schema(payload))
    schema = schema.replace(_DECIMAL, b'"type":"number"')
    return EventType(name, description, payload, schema, examples)
