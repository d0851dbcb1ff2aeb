"""What binds a signature to its record: the text that the portal signs. See docs/signatures.md."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import TextChoices

from governance.audit.rules import SIGNATURE_FORMAT
from governance.core.canonical import canonical


class BindingState(TextChoices):
    """Whether a signature is the one that was given, where and when it was given."""

    BOUND = "BOUND", "Bound to this record"
    UNBOUND = "UNBOUND", "Given before signatures were bound"
    BROKEN = "BROKEN", "Not the signature that was given here"
    UNCHECKED = "UNCHECKED", "Not checked: the key of the ledger is not here"


OVERRIDE = "OVERRIDE"
"""The decision of whoever signs an override; of a promotion request it is a Decision."""


@dataclass(frozen=True, kw_only=True)
class SignedStatement:
    """All that makes a signature what it is. Of a name and a comment only the digest stands here.

    `over` is the dossier or the override that was signed, and `digest` that of its text. Nobody
    and nothing are empty text. A deputy signs `on_behalf_of` somebody.
    """

    sign_off: str
    request: str
    over: str
    digest: str
    signer: str
    on_behalf_of: str
    name_sha256: str
    role: str
    decision: str
    meaning: str
    comment_sha256: str
    proof: str
    signed_at: datetime

    def text(self) -> str:
        """Return the canonical text that is signed."""
        return canonical({"format": SIGNATURE_FORMAT} | asdict(self))
