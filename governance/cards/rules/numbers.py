"""Numbers of a card: decimal text, never a float, and each knows where it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
SCIENTIFIC = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
UNCERTAIN = re.compile(r"(?P<value>[+-]?[0-9]+(\.[0-9]+)?)\s*(±|\+/-|\+-)\s*[0-9]")
MOST_DIGITS = 60


class ProvenanceKind(StrEnum):
    MEASURED = "measured"
    TYPED = "typed"
    IMPORTED = "imported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a number comes from.

    Measured: the `run`, the digest of the `dataset` and the `evaluation` result, as far as they
    are known. Typed: who typed it. Imported: the digest of the `file` and the `place` in it, and
    `source`, where that file itself says that it has the number from.
    """

    run: str = ""
    dataset: str = ""
    evaluation: str = ""
    typed_by: str = ""
    file: str = ""
    place: str = ""
    source: str = ""
    at: str = ""

    @property
    def kind(self) -> ProvenanceKind:
        if self.run or self.dataset or self.evaluation:
            return ProvenanceKind.MEASURED
        if self.typed_by:
            return ProvenanceKind.TYPED
        return ProvenanceKind.IMPORTED if self.file else ProvenanceKind.UNKNOWN

    def words(self) -> str:
        """Say it in a few words, for a table or an export."""
        match self.kind:
            case ProvenanceKind.MEASURED:
                known = (
                    ("run", self.run),
                    ("data set", self.dataset),
                    ("evaluation", self.evaluation),
                )
                said = ", ".join(f"{name} {value}" for name, value in known if value)
                return f"measured: {said}"
            case ProvenanceKind.TYPED:
                return f"typed by {self.typed_by}"
            case ProvenanceKind.IMPORTED:
                origin = f" ({self.source})" if self.source else ""
                return f"imported: {self.place or 'the file'}{origin}"
        return "not said"


NOWHERE = Provenance()


@dataclass(frozen=True, kw_only=True)
class Number:
    """`value` is a plain decimal, or empty where the text holds none; `text` is what was written,
    where that is not the same: “20.0 ± 1.2” has the value 20.0, “about a third” has none.
    """

    value: str = ""
    text: str = ""
    provenance: Provenance = NOWHERE

    @property
    def written(self) -> str:
        return self.text or self.value


def number(written: str, provenance: Provenance = NOWHERE) -> Number:
    """Return what was written as a number that keeps how it was written."""
    value = plain_decimal(written)
    return Number(value=value, text="" if value == written else written, provenance=provenance)


def plain_decimal(written: str) -> str:
    """Return the decimal that was meant, without an exponent; empty where none is certain."""
    text = written.strip()
    if PLAIN.fullmatch(text):
        return text
    if uncertain := UNCERTAIN.match(text):
        text = uncertain["value"]
    if not SCIENTIFIC.fullmatch(text) or len(text) > MOST_DIGITS:
        return ""
    decimal = Decimal(text)
    if abs(decimal.adjusted()) > MOST_DIGITS:
        return ""
    return format(decimal, "f")
