"""Changes of what is live: what waits for a review, how material a change is, what adds up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import TextChoices

from governance.core.canonical import digest
from governance.core.errors import NotAllowed, NotFound, Problem, Refused, WrongState
from governance.core.wording import counted
from governance.inventory.rules.reviews import words_problems


class ChangeKind(TextChoices):
    """What of a model is changed."""

    PURPOSE = "PURPOSE", "Purpose or use"
    POPULATION = "POPULATION", "Population it is applied to"
    INPUTS = "INPUTS", "Inputs"
    TARGET = "TARGET", "Target or output"
    METHOD = "METHOD", "Method"
    THRESHOLD = "THRESHOLD", "Threshold, overlay or limit"
    VENDOR_RELEASE = "VENDOR_RELEASE", "Vendor or release"
    PLATFORM = "PLATFORM", "Platform"


class Materiality(TextChoices):
    """A material change asks for a validation at once; minor ones do once they have added up."""

    MATERIAL = "MATERIAL", "Material"
    MINOR = "MINOR", "Minor"


class ChangeOutcome(TextChoices):
    ACCEPTED = "ACCEPTED", "Accepted"
    DECLINED = "DECLINED", "Declined"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class ChangeAwaitsReview(Refused):
    """A governed field of a live model is not simply saved."""

    code = "change_awaits_review"


class ChangeOpen(WrongState):
    """A change of the model waits for its review already."""

    code = "change_open"


class ChangeDecided(WrongState):
    """The change was accepted, declined or withdrawn already."""

    code = "change_decided"


class ChangeOvertaken(WrongState):
    """What the change starts from is no longer what the record says."""

    code = "change_overtaken"


class ModelNotLive(WrongState):
    """No version of the model answers live traffic, so its record is simply saved."""

    code = "model_not_live"


class NotYourChange(NotAllowed):
    code = "not_your_change"


class ChangeNotFound(NotFound):
    code = "change_not_found"


GOVERNED: Mapping[str, ChangeKind] = {
    "purpose": ChangeKind.PURPOSE,
    "intended_use": ChangeKind.PURPOSE,
    "excluded_use": ChangeKind.PURPOSE,
    "products": ChangeKind.PURPOSE,
    "users": ChangeKind.POPULATION,
    "jurisdictions": ChangeKind.POPULATION,
    "inputs": ChangeKind.INPUTS,
    "outputs": ChangeKind.TARGET,
    "kind": ChangeKind.METHOD,
    "origin": ChangeKind.METHOD,
    "limitations": ChangeKind.THRESHOLD,
    "overlays": ChangeKind.THRESHOLD,
    "restrictions": ChangeKind.THRESHOLD,
    "vendor_name": ChangeKind.VENDOR_RELEASE,
    "vendor_product": ChangeKind.VENDOR_RELEASE,
    "vendor_release": ChangeKind.VENDOR_RELEASE,
}
"""The fields of a record that wait for a review while the model is live, and what each changes.

The tier and the class are not among them: assessments set these, with people and limits of their
own, and what is found to be prohibited is stopped at once.
"""
APART = ("tier", "ai_act_class")
"""What is not set in the same save as a governed field."""

Fields = Mapping[str, Sequence[Any]]
"""Field → what it says before, and after."""


@dataclass(frozen=True, kw_only=True)
class Rationale:
    """What is said of a change: `kinds` beside those of its fields, and how material it is."""

    kinds: Sequence[str] = ()
    materiality: str = ""
    reason: str = ""


def governed_among(fields: Iterable[str]) -> list[str]:
    return [field for field in fields if field in GOVERNED]


def kinds_of(fields: Iterable[str], said: Iterable[str]) -> list[str]:
    """Return every kind of the change, in one order: of its fields, and those that were named."""
    found = {GOVERNED[field] for field in governed_among(fields)} | set(said)
    return [kind for kind in ChangeKind.values if kind in found]


def rationale_problems(said: Rationale, fields: Collection[str]) -> Iterable[Problem]:
    """Check what is said of a change of these fields."""
    if unknown := [kind for kind in said.kinds if kind not in ChangeKind.values]:
        message = f"{unknown[0]!r} is none of the kinds of change."
        yield Problem(field="change_kinds", rule="choice", message=message)
    elif not said.kinds and not governed_among(fields):
        message = "Say what of the model is changed."
        yield Problem(field="change_kinds", rule="required", message=message)
    if said.materiality not in Materiality.values:
        message = "Say whether the change is material or minor. Whoever reviews it decides."
        yield Problem(field="materiality", rule="required", message=message)
    ask = "Say what is changed and why: it waits for a review, because the model is live."
    yield from words_problems(said.reason, field="change_reason", ask=ask)
    for field in APART:
        if field in fields:
            message = "Save this alone: it counts at once, and the rest waits for a review."
            yield Problem(field=field, rule="apart", message=message)


def change_digest(
    *,
    model: str,
    number: int,
    fields: Fields,
    kinds: Sequence[str],
    materiality: str,
    reason: str,
    proposed_by: str,
) -> str:
    """Return the digest of what a reviewer accepts; `reason` is the digest of the words."""
    stated: dict[str, Any] = {
        "model": model,
        "number": number,
        "fields": {name: list(pair) for name, pair in fields.items()},
        "kinds": list(kinds),
        "materiality": materiality,
        "reason": reason,
        "proposed_by": proposed_by,
    }
    return digest(stated)


@dataclass(frozen=True, kw_only=True)
class AcceptedChange:
    """An accepted change, as far as it counts for a validation."""

    ref: str
    number: int
    materiality: str
    accepted_at: datetime


@dataclass(frozen=True, kw_only=True)
class Unvalidated:
    """The changes that no validation covers yet, and whether they ask for one.

    `since` is when they began to: the first material one, or the minor one that was one too many.
    `limit` is how many minor ones the firm lets pass.
    """

    changes: Sequence[AcceptedChange]
    limit: int
    since: datetime | None

    @property
    def is_due(self) -> bool:
        return self.since is not None

    @property
    def minor(self) -> int:
        return sum(one.materiality == Materiality.MINOR for one in self.changes)

    @property
    def sentence(self) -> str:
        """Why a validation is due, or how far the minor ones have added up."""
        material = len(self.changes) - self.minor
        if material:
            verb = "is" if material == 1 else "are"
            return f"{counted(material, 'material change')} {verb} not validated yet."
        if self.is_due:
            return f"{counted(self.minor, 'minor change')} have added up since the validation."
        return f"{self.minor} of {counted(self.limit, 'minor change')} since the validation."


def unvalidated(
    changes: Iterable[AcceptedChange], *, validated_at: datetime | None, limit: int
) -> Unvalidated:
    """Judge the accepted changes since the newest validation; before any, since there are any."""
    later = [one for one in changes if validated_at is None or one.accepted_at > validated_at]
    later.sort(key=lambda one: one.accepted_at)
    minor = 0
    for one in later:
        minor += one.materiality == Materiality.MINOR
        if one.materiality == Materiality.MATERIAL or minor >= limit:
            return Unvalidated(changes=later, limit=limit, since=one.accepted_at)
    return Unvalidated(changes=later, limit=limit, since=None)
