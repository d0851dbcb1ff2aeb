"""What holds for published cards."""

from __future__ import annotations

from collections.abc import Iterable

from governance.cards.rules.editing import contradicted
from governance.cards.rules.model_card import ModelCard
from governance.core.errors import InvalidInput, NotFound, Problem, WrongState, invalid

MAX_REASON = 2_000


class CardUnchanged(WrongState):
    """The newest revision says the same already."""

    code = "card_unchanged"


class CardNotFound(NotFound):
    code = "card_not_found"


class RevisionWithdrawn(WrongState):
    """The revision was withdrawn before."""

    code = "revision_withdrawn"


def claim_problems(card: ModelCard) -> Iterable[Problem]:
    """Say which numbers a person typed or a file claims that the registry measured since."""
    for claim, value in contradicted(card):
        of = f" of {claim.slice}" if claim.slice else ""
        message = (
            f"Evaluation: {claim.type or claim.name}{of} is measured by now "
            f"({value.value.written}), and the card also claims {claim.value.written} "
            f"({claim.value.provenance.words()}). Remove the claim; comment on the value instead."
        )
        yield Problem(field="evaluation", rule="measured", message=message)


def reason_problem(reason: str) -> InvalidInput | None:
    """Return what is wrong with the reason of a withdrawal, if anything is."""
    if not reason.strip():
        return invalid("reason", "required", "Say why the card is withdrawn.")
    if len(reason) > MAX_REASON:
        return invalid("reason", "length", f"Use at most {MAX_REASON:,} characters.")
    return None
