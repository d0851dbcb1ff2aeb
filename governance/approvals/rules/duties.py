"""Separation of duties: who may not sign, and why. Nobody is exempt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from governance.accounts.rules import Role
from governance.approvals.rules.independence import Independence
from governance.core.errors import Refused
from governance.inventory.rules import Capacity


class DutiesNotSeparated(Refused):
    """The person has had a hand in what they would judge; `bars` say in what.

    For programs `because` has each rule with the records that it rests on.
    """

    code = "duties_not_separated"

    def __init__(self, message: str, *, bars: Sequence[Bar], **facts: Any) -> None:
        because = [{"rule": bar.rule, "records": list(bar.rests_on)} for bar in bars]
        super().__init__(message, rules=[bar.rule for bar in bars], because=because, **facts)
        self.bars = bars


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One reason why a person may not sign: the rule, and a sentence said to that person.

    `rests_on` are the records that show it, by reference.
    """

    rule: str
    sentence: str
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Duties:
    """Who has done what around a request; all by reference.

    `unit_builders` hold a role of owner or developer in the model's unit; a policy may ask for
    signers who do not. `spent_by` signed the very same facts, and that counts no longer. `records`
    show what each rule rests on, by rule and person.
    """

    model_name: str
    version_number: int
    builders: Mapping[str, frozenset[Capacity]] = field(default_factory=dict)
    registered_by: str = ""
    committed_by: str = ""
    requested_by: str = ""
    card_edited_by: frozenset[str] = frozenset()
    validated_by: frozenset[str] = frozenset()
    signed_by: frozenset[str] = frozenset()
    spent_by: frozenset[str] = frozenset()
    validator_may_approve: bool = False
    unit_builders: frozenset[str] = frozenset()
    overridden_by: frozenset[str] = frozenset()
    records: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def behind(self, rule: str, person: str) -> tuple[str, ...]:
        """The records that show that the rule stands against this person.

        One rule is about whoever asked, and stands against everybody.
        """
        whose = self.requested_by if rule == "validator_asks_not" else person
        return self.records.get((rule, whose), ())


def bars(
    person: str,
    duties: Duties,
    *,
    role: Role,
    independent_of: frozenset[Independence] = frozenset(),
) -> list[Bar]:
    """Return what keeps this person from signing in this role; an empty list if nothing does."""
    found = (*_built(person, duties), *_judged(person, duties, role, independent_of))
    return [replace(bar, rests_on=duties.behind(bar.rule, person)) for bar in found]


def _built(person: str, duties: Duties) -> Iterator[Bar]:
    """What the person did to make the version, to describe it or to bring it here."""
    model, version = duties.model_name, f"version {duties.version_number}"
    capacities = duties.builders.get(person, frozenset())
    if Capacity.OWNER in capacities:
        yield Bar(rule="owner_signs_not", sentence=f"You own or have owned {model}.")
    if Capacity.DEVELOPER in capacities:
        yield Bar(rule="developer_signs_not", sentence=f"You are or were a developer of {model}.")
    if person == duties.registered_by:
        yield Bar(rule="registrant_signs_not", sentence=f"You answer for registering {version}.")
    if person == duties.committed_by:
        yield Bar(rule="committer_signs_not", sentence=f"You committed the code of {version}.")
    # All who ever wrote, not the last one: a trivial last edit by somebody else frees nobody.
    if person in duties.card_edited_by:
        yield Bar(rule="card_editor_signs_not", sentence=f"You wrote in the card of {version}.")
    if person == duties.requested_by:
        yield Bar(rule="requester_signs_not", sentence="You asked for this change.")


def _judged(
    person: str, duties: Duties, role: Role, independent_of: frozenset[Independence]
) -> Iterator[Bar]:
    """What the person, or whoever asked, has judged before, and what the policy asks beyond."""
    model, version = duties.model_name, f"version {duties.version_number}"
    if duties.requested_by in duties.validated_by:
        sentence = f"Who asked for this change validated {version}. Somebody else has to ask."
        yield Bar(rule="validator_asks_not", sentence=sentence)
    if person in duties.overridden_by:
        sentence = "You let a check fail for this; somebody else decides on it."
        yield Bar(rule="overrider_signs_not", sentence=sentence)
    if person in duties.signed_by:
        yield Bar(rule="nobody_signs_twice", sentence="You have signed this already.")
    elif person in duties.spent_by:
        sentence = (
            "You have signed this already, and that counts no longer. Somebody else signs, or the "
            "request is withdrawn and asked anew."
        )
        yield Bar(rule="nobody_signs_twice", sentence=sentence)
    if person in duties.unit_builders and Independence.UNIT in independent_of:
        sentence = f"You own or build models in the unit of {model}; the policy asks others."
        yield Bar(rule="unit_builder_signs_not", sentence=sentence)
    may_approve = duties.validator_may_approve and Independence.VALIDATION not in independent_of
    if role != Role.VALIDATOR and person in duties.validated_by and not may_approve:
        sentence = f"You validated {version}; the policy asks somebody else to approve it."
        yield Bar(rule="validator_approves_not", sentence=sentence)


def require_separation(found: Sequence[Bar], *, stream: str = "") -> None:
    """Raise DutiesNotSeparated, naming every rule that stands against the person, if any does.

    `stream` is where the ledger has what the bars rest on.
    """
    if found:
        raise DutiesNotSeparated(
            "You may not sign: " + " ".join(bar.sentence for bar in found),
            bars=found,
            stream=stream,
        )
