"""What a form that signs carries: the facts that were on the screen."""

from __future__ import annotations

from django.core import signing

from governance.core.errors import invalid


def seal(text: str, *, about: str) -> str:
    """Return what a form carries so that we know later which facts the reader saw.

    The text itself travels, sealed by our key and bound to `about`: nothing has to be kept for a
    page that may never be answered, and what changed since can be said even after a restart.
    """
    return signing.dumps(text, salt=f"seen:{about}", compress=True)


def unseal(sealed: str, *, about: str) -> str:
    """Return the text that `seal` took. Raises InvalidInput for anything else."""
    try:
        text: str = signing.loads(sealed, salt=f"seen:{about}")
    except signing.BadSignature:
        raise invalid(
            "seen",
            "sealed",
            "This form was not filled from this page, so it cannot be known what you saw. Nothing "
            "was signed. Open the page again and repeat what you did.",
        ) from None
    return text
