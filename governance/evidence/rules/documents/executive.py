"""The one page for executives: what it is for, where it stands, how good it is, who answers."""

from __future__ import annotations

from collections.abc import Iterator

from governance.cards.rules.completeness import is_answer
from governance.cards.rules.parts import values_of
from governance.core.wording import counted, day
from governance.evidence.rules.documents.blocks import (
    Block,
    Cell,
    Chapter,
    Gap,
    Lines,
    Prose,
    Table,
)
from governance.evidence.rules.documents.material import Material
from governance.evidence.rules.documents.sections import values_table
from governance.evidence.rules.documents.sources import WHOLE

HEADLINES = 5
LONGEST = 260
"""The most characters of a text on the one page."""
DATES = 5


def executive_chapters(of: Material) -> tuple[Chapter, ...]:
    return (
        Chapter(key="purpose", title="Purpose and decision", blocks=tuple(_purpose(of))),
        Chapter(key="standing", title="Where it stands", blocks=(_standing(of),)),
        Chapter(key="values", title="Headline values", blocks=tuple(_values(of))),
        Chapter(key="risks", title="Main risks and limits", blocks=tuple(_risks(of))),
        Chapter(key="dates", title="Who answers, and what is next", blocks=tuple(_next(of))),
    )


def _purpose(of: Material) -> Iterator[Block]:
    sections = of.card.card.sections
    purpose = of.record.get("purpose") or sections.get("task", "")
    decision = sections.get("decision", "") or sections.get("task", "")
    said = [("Purpose", purpose)]
    if decision != purpose:
        said.append(("Decision", decision))
    rows = tuple((name, short(text)) for name, text in said if is_answer(text))
    if rows:
        yield Lines(label="Purpose and decision", rows=rows)
    else:
        fill = "The purpose in the inventory record, or the section “Task and users” of the card."
        yield Gap(missing="Nobody wrote what it is for.", filled_by=fill)


def _standing(of: Material) -> Lines:
    newest = of.reports[0] if of.reports else None
    report = (
        f"{newest.opinion}, signed {day(newest.signed.at)} by {newest.signed.name}"
        if newest
        else "Not validated"
    )
    approval = next(iter(of.approvals), None)
    approved = f"{approval.reference}, to {approval.goal}: {approval.state}" if approval else "None"
    rows = (
        ("Risk tier", of.tier or "Not set"),
        ("EU AI Act class", of.ai_act_class or "Not set"),
        ("Stage", f"{of.stage}. {of.serves}" if of.serves else of.stage),
        ("Deprecated", short(of.deprecated)),
        ("Validation", report),
        ("Newest request", approved),
        ("Open findings", _severities(of)),
    )
    return Lines(label="Where it stands", rows=tuple((k, v) for k, v in rows if v))


def _severities(of: Material) -> str:
    found = [one.severity for one in of.open_findings]
    said = [f"{found.count(name)} {name.lower()}" for name in dict.fromkeys(found)]
    return ", ".join(said) or "None"


def _values(of: Material) -> Iterator[Block]:
    values = values_of(of.card.card)
    whole = [value for value in values if value.slice == WHOLE] or values
    if not whole:
        fill = "Evaluation results of the version, sent by a pipeline."
        yield Gap(missing="No value is on record.", filled_by=fill)
        return
    yield values_table(whole[:HEADLINES])
    if more := len(values) - len(whole[:HEADLINES]):
        yield Prose(text=f"{counted(more, 'further value')} in the whole card.")


def _risks(of: Material) -> Iterator[Block]:
    sections = of.card.card.sections
    said = (
        ("Fails when", sections.get("known_failures", "")),
        ("Not for", sections.get("out_of_scope", "") or of.record.get("excluded_use", "")),
        ("Limits", of.record.get("limitations", "")),
        ("Restrictions", of.record.get("restrictions", "")),
        ("Oversight", sections.get("human_oversight", "")),
    )
    rows = tuple((name, short(text)) for name, text in said if is_answer(text))
    if rows:
        yield Lines(label="Main risks and limits", rows=rows)
    else:
        fill = "The sections “Known failures” and “Out-of-scope use” of the card."
        yield Gap(missing="No risk and no limit is on record.", filled_by=fill)


def _next(of: Material) -> Iterator[Block]:
    owner = f"{of.owner}, {of.unit}" if of.owner else "Nobody yet"
    yield Lines(label="Who answers", rows=(("Model owner", owner),))
    if of.coming:
        yield Table(
            caption="Next dates",
            columns=("What", "When"),
            rows=tuple((Cell(text=one.what), Cell(text=day(one.day))) for one in of.coming[:DATES]),
        )


def short(text: str) -> str:
    """Return the text as one paragraph, cut at a word where it is too long for one page."""
    plain = " ".join(line.strip(" #>*-\t") for line in text.splitlines() if line.strip())
    if len(plain) <= LONGEST:
        return plain
    return f"{plain[:LONGEST].rsplit(' ', 1)[0]} … (cut; the whole card says more)"
