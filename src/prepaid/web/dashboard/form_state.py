"""A form as it is shown: empty, or with what was sent and what is wrong with it."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from prepaid.domain.refusals import Refusal

_NUMBER = re.compile(r"\[(\d+)\]")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class FormState(Struct, frozen=True):
    """One form of a page. Macros ask it for values and errors by the names of fields."""

    id: str
    token: str
    sent: Mapping[str, str]  # empty unless this form was sent, and refused or previewed
    problem: Refusal | None  # of this form
    labels: Mapping[str, str] = {}  # of fields that are labelled otherwise than they are named

    def value(self, name: str, present: object = "") -> str:
        """What stands in a field: what was sent, else what is so now."""
        if name in self.sent:
            return self.sent[name]
        return "" if present is None else str(present)

    def is_on(self, name: str, present: object) -> bool:
        """Whether a switch is on."""
        return self.value(name, "true" if present else "false") == "true"

    def chosen(self, name: str, present: Iterable[str]) -> set[str]:
        """Which of the boxes of a name are ticked."""
        if self.problem is None:
            return set(present)
        return {text for field, text in self.sent.items() if field.startswith(f"{name}[")}

    def error(self, name: str) -> str | None:
        """What is wrong with a field, as a sentence."""
        for detail in self.problem.details if self.problem else ():
            if detail.field == name:
                return sentence(detail.message)
        return None

    def rows(
        self, name: str, fields: Sequence[str], present: Sequence[Mapping[str, object]]
    ) -> list[dict[str, str]]:
        """The rows of a list: those that were sent, else those that are so now."""
        if not self.sent:
            return [{field: str(row[field]) for field in fields} for row in present]
        found: list[dict[str, str]] = []
        while any(f"{name}[{len(found)}].{field}" in self.sent for field in fields):
            place = f"{name}[{len(found)}]"
            found.append({field: self.sent.get(f"{place}.{field}", "") for field in fields})
        return found

    @property
    def message(self) -> str | None:
        """What is wrong with the form, as a sentence."""
        if self.problem is None:
            return None
        if self.problem.code == "invalid_request" and self.problem.details:
            said = (f"{self._label(one.field)} {one.message}" for one in self.problem.details)
            return f"Nothing was saved: {'; '.join(said)}."
        return sentence(self.problem.message)

    def _label(self, field: str) -> str:
        label = self.labels.get(field)
        return words_of(field) if label is None else f"“{label}”"


def words_of(field: str) -> str:
    """A field's name for people: `lowBalanceTiers[1].cents` is `low balance tiers 2, cents`."""
    text = _NUMBER.sub(lambda place: f" {int(place[1]) + 1}", field).replace(".", ", ")
    return _HUMP.sub(" ", text).lower().removesuffix(" in credit cents")


def sentence(words: str) -> str:
    """Words with a capital letter and a full stop."""
    text = words[:1].upper() + words[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
