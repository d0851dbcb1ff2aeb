"""What changed between two scopes of one model, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from governance.core.wording import full_day, joined
from governance.inventory.rules.frameworks.facts import vocabulary
from governance.inventory.rules.frameworks.frameworks import Status
from governance.inventory.rules.frameworks.scoping import Answer, seen_on


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One framework of which something else is said now; one of the two may not be there."""

    now: Answer | None
    before: Answer | None

    @property
    def name(self) -> str:
        answer = self.now or self.before
        assert answer is not None
        return answer.name

    @property
    def framework(self) -> str:
        answer = self.now or self.before
        assert answer is not None
        return answer.framework


def differences(now: Iterable[Answer], before: Iterable[Answer], *, on: date) -> list[Difference]:
    """Compare what of every framework counts on that day.

    Both are looked at on one day, so that what differs came by facts or files and not by time.
    """
    new, old = _counting(now, on), _counting(before, on)
    return [
        Difference(now=new.get(key), before=old.get(key))
        for key in [*new, *(key for key in old if key not in new)]
        if _compared(new.get(key)) != _compared(old.get(key))
    ]


def _counting(answers: Iterable[Answer], on: date) -> dict[str, Answer]:
    return {one.answer.framework: one.answer for one in seen_on(answers, on)}


def _compared(answer: Answer | None) -> object:
    """What makes an answer another one. The reason is told with it, and alone is none."""
    if answer is None:
        return None
    parts = [(part.from_date, part.what, part.unknown) for part in answer.parts]
    return answer.version, answer.status, answer.from_date, answer.unknown, parts


def sentence(one: Difference) -> str:
    """`SR 26-2: now applies from 17 April 2026, because …; before: does not apply.`"""
    return f"{one.name}: {''.join(_told(one))}."


def _told(one: Difference) -> Iterator[str]:
    if one.now is None:
        yield "no longer in the catalogue"
    else:
        under = one.before is not None and one.before.version != one.now.version
        yield f"now {said(one.now)}" + (f" under {one.now.version}" if under else "")
        if one.now.because:
            yield f", because {_lowered(one.now.because)}"
    yield f"; before: {said(one.before) if one.before else 'not in the catalogue'}"


def said(answer: Answer) -> str:
    """`applies from 2 December 2027`, `does not apply`, `unknown until the origin is recorded`."""
    if answer.status == Status.APPLIES and answer.from_date:
        return f"applies from {full_day(answer.from_date)}"
    if answer.status == Status.UNKNOWN:
        return f"unknown until {missing(answer.unknown)}"
    return "does not apply"


def missing(facts: Sequence[str]) -> str:
    """`the EU AI Act class and the origin are recorded`"""
    known = vocabulary()
    nouns = [known[key].noun if key in known else key for key in facts]
    return f"{joined(nouns)} {'is' if len(nouns) == 1 else 'are'} recorded"


def _lowered(text: str) -> str:
    """The start of a sentence within another, unless it is a name or an abbreviation."""
    text = text.removesuffix(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
