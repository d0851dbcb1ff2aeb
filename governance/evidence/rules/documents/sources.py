"""The records that a point of a law can name, each as the blocks that print it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from governance.cards.rules.completeness import says
from governance.cards.rules.parts import parts_of, values_of
from governance.cards.rules.sections import BY_KEY
from governance.core.wording import day, moment, sentence
from governance.evidence.rules.documents.blocks import Block, Lines, Prose
from governance.evidence.rules.documents.material import Material, Row, Signed
from governance.evidence.rules.documents.sections import stated_blocks, values_table
from governance.evidence.rules.documents.tables import (
    changes_table,
    data_table,
    findings_table,
    watching_table,
)

Blocks = Sequence[Block]
WHOLE = "All"
"""What a value is of that is of no group."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A kind of record: what it is called, what would put one there, and how it is printed."""

    name: str
    fill: str
    blocks: Callable[[Material], Blocks]


def source(name: str) -> Source:
    """Return the source of that name. Raises KeyError for a name that is none."""
    kind, _, key = name.partition(":")
    if kind == "card" and key:
        section = BY_KEY[key]
        fill = f"The section “{section.title}” of the card: {section.ask}"
        return Source(name=section.title, fill=fill, blocks=lambda of: _section(of, key))
    if kind == "own" and key:
        title = sentence(key).replace("Eu ", "EU ")
        fill = f"A section of the firm’s own in the card, named “{title}”."
        return Source(name=title, fill=fill, blocks=lambda of: _own(of, key))
    return SOURCES[name]


def _section(of: Material, key: str) -> Blocks:
    section, card = BY_KEY[key], of.card.card
    if not says(card, section):
        return []
    parts = parts_of(card, replace(of.card.expected, agent=True))
    part = next(one for one in parts if one.section.key == key)
    if section.measured and not part.text:
        return []
    text = [Prose(text=part.text, by=f"Card, {section.title}")] if part.text else []
    # Values are a source of their own: a point names them where it asks for them.
    return [*text, *stated_blocks(replace(part, values=()))]


def _own(of: Material, key: str) -> Blocks:
    found = (
        one
        for one in of.card.card.extensions
        if one.text.strip() and key in {_slug(one.key), _slug(one.title)}
    )
    return [Prose(text=one.text, by=f"Card, {one.title or one.key}") for one in found]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _record(field: str, label: str) -> Callable[[Material], Blocks]:
    def blocks(of: Material) -> Blocks:
        text = of.record.get(field, "")
        return [Prose(text=text, by=f"Inventory, {label}")] if text else []

    return blocks


def _provider(of: Material) -> Blocks:
    contact = f"{of.owner}, {of.owner_contact}" if of.owner else "Nobody yet"
    rows = (("Provider", of.organization), ("Unit", of.unit), ("Model owner", contact))
    return [Lines(label="Provider", rows=tuple((k, v) for k, v in rows if v))]


def _contacts(of: Material) -> Blocks:
    return _section(of, "contacts")


def _version(of: Material) -> Blocks:
    label = f" ({of.label})" if of.label else ""
    rows = (
        ("Model", of.model),
        ("Version", f"{of.version}{label}"),
        ("Stage", of.stage),
        ("Registered", f"{moment(of.registered_at)}, by {of.registered_by}"),
        ("Source", of.source),
        ("Digest", f"sha256:{of.digest}"),
        ("Run", of.run),
    )
    return [Lines(label="Version", rows=tuple((k, v) for k, v in rows if v))]


def _versions(of: Material) -> Blocks:
    rows = [one for one in of.changes if one.what.startswith("Version")]
    return [changes_table(rows, "Versions of the model")] if rows else []


def _metrics(of: Material) -> Blocks:
    values = [value for value in values_of(of.card.card) if value.slice == WHOLE]
    return [values_table(values, "Values on the whole")] if values else []


def _slices(of: Material) -> Blocks:
    values = [value for value in values_of(of.card.card) if value.slice != WHOLE]
    return [values_table(values, "Values by group")] if values else []


def _rows(field: str, label: str) -> Callable[[Material], Blocks]:
    def blocks(of: Material) -> Blocks:
        rows: tuple[Row, ...] = getattr(of, field)
        return [Lines(label=label, rows=rows)] if rows else []

    return blocks


def _inputs(of: Material) -> Blocks:
    stated = of.card.card.details.inputs
    found = [Lines(label="Inputs", rows=(("Takes in", ", ".join(stated)),))] if stated else []
    return [*_record("inputs", "inputs")(of), *found]


def _outputs(of: Material) -> Blocks:
    stated = of.card.card.details.outputs
    found = [Lines(label="Outputs", rows=(("Gives out", ", ".join(stated)),))] if stated else []
    return [*_record("outputs", "outputs")(of), *found]


def _lineage(of: Material) -> Blocks:
    return [data_table(of.data)] if of.data else []


def _consumers(of: Material) -> Blocks:
    rows = tuple(("Feeds", name) for name in of.consumers)
    return [Lines(label="Models that it feeds", rows=rows)] if rows else []


def _serving(of: Material) -> Blocks:
    return [Lines(label="Where it serves", rows=(("Serves in", of.serves),))] if of.serves else []


def _vendor(of: Material) -> Blocks:
    names = (
        ("Vendor", "vendor_name"),
        ("Product", "vendor_product"),
        ("Release", "vendor_release"),
    )
    rows = tuple((label, text) for label, key in names if (text := of.record.get(key, "")))
    return [Lines(label="Vendor", rows=rows)] if rows else []


def _reports(of: Material) -> Blocks:
    found: list[Block] = []
    for one in of.reports:
        signed = one.signed
        rows = (
            ("Report", f"{one.number}: {one.opinion}"),
            ("Signed", f"{moment(signed.at)}, by {signed.name}, {signed.role}"),
            ("Meaning", signed.meaning),
            ("Digest", f"sha256:{one.digest}"),
        )
        by = f"Validation report {one.number}"
        found.append(Lines(label=by, rows=rows))
        texts = (("Scope", one.scope), ("Summary", one.summary))
        found += [Prose(text=t, by=f"{by}, {name.lower()}") for name, t in texts if t]
    return found


def _findings(of: Material) -> Blocks:
    return [findings_table(of.findings)] if of.findings else []


def _changes(of: Material) -> Blocks:
    return [changes_table(of.changes, "What was done")] if of.changes else []


def _assessments(of: Material) -> Blocks:
    return [changes_table(of.assessments, "Risk ratings")] if of.assessments else []


def _waivers(of: Material) -> Blocks:
    return [changes_table(of.waivers, "Waivers")] if of.waivers else []


def _watching(of: Material) -> Blocks:
    return [watching_table(of.watching)] if of.watching else []


def _approvals(of: Material) -> Blocks:
    signed = [
        (f"{one.reference}, to {one.goal}. {one.state}", one.signatures) for one in of.approvals
    ]
    rows = tuple((name, _signatures(who)) for name, who in signed)
    return [Lines(label="Approvals", rows=rows)] if rows else []


def _signatures(signed: Iterable[Signed]) -> str:
    said = [f"{one.name}, {one.role}, {day(one.at)}: “{one.meaning}”" for one in signed]
    return " ".join(said) or "Nobody has signed."


def _instructions(of: Material) -> Blocks:
    keys = ("intended_use", "out_of_scope", "human_oversight")
    if not all(says(of.card.card, BY_KEY[key]) for key in keys):
        return []
    where = "The document “Instructions for use” of this version, made from the same card."
    return [Lines(label="Instructions for use", rows=(("See", where),))]


def _told(field: str, label: str) -> Source:
    fill = f"The field “{label}” of the inventory record."
    return Source(name=label, fill=fill, blocks=_record(field, label.lower()))


SOURCES = {
    "provider": Source(
        name="Provider", fill="The name of the firm and the model owner.", blocks=_provider
    ),
    "contacts": Source(
        name="Contacts",
        fill="The section “Contacts” of the card: whom does one ask, with an address.",
        blocks=_contacts,
    ),
    "version": Source(name="Version", fill="A registration.", blocks=_version),
    "versions": Source(name="Earlier versions", fill="A registration.", blocks=_versions),
    "purpose": _told("purpose", "Purpose"),
    "excluded": _told("excluded_use", "Excluded use"),
    "limitations": _told("limitations", "Limitations"),
    "restrictions": _told("restrictions", "Restrictions on use"),
    "products": _told("products", "Products"),
    "jurisdictions": _told("jurisdictions", "Jurisdictions"),
    "inputs": Source(
        name="Inputs",
        fill="The field “Inputs” of the inventory record, or the inputs that the card states.",
        blocks=_inputs,
    ),
    "outputs": Source(
        name="Outputs",
        fill="The field “Outputs” of the inventory record, or the outputs that the card states.",
        blocks=_outputs,
    ),
    "metrics": Source(
        name="Measured values",
        fill="Evaluation results of the version on the whole, sent by a pipeline.",
        blocks=_metrics,
    ),
    "slices": Source(
        name="Values by group",
        fill="Evaluation results of the version with a slice, sent by a pipeline.",
        blocks=_slices,
    ),
    "lineage": Source(
        name="Data of the version",
        fill="Data sets in the registration of the version, or in OpenLineage events about it.",
        blocks=_lineage,
    ),
    "parents": Source(
        name="Where it comes from",
        fill="Parents in the registration of the version.",
        blocks=_rows("parents", "Where it comes from"),
    ),
    "parts": Source(
        name="Parts",
        fill="Parts in the registration of the version.",
        blocks=_rows("parts", "Parts"),
    ),
    "files": Source(
        name="Files", fill="Files in the registration.", blocks=_rows("files", "Files")
    ),
    "environment": Source(
        name="Environment",
        fill="A container image, packages or a library in the registration or on the card.",
        blocks=_rows("environment", "Environment"),
    ),
    "vendor": Source(name="Vendor", fill="The vendor in the inventory record.", blocks=_vendor),
    "feeders": Source(
        name="Feeders",
        fill="The models that feed it, in the inventory.",
        blocks=_rows("feeders", "Models that feed it"),
    ),
    "consumers": Source(
        name="Consumers", fill="The models that it feeds, in the inventory.", blocks=_consumers
    ),
    "serving": Source(name="Slots", fill="A slot in which it serves.", blocks=_serving),
    "reports": Source(
        name="Validation report",
        fill="A signed validation report on this version.",
        blocks=_reports,
    ),
    "findings": Source(name="Findings", fill="Findings of a validation.", blocks=_findings),
    "approvals": Source(name="Approvals", fill="A promotion request.", blocks=_approvals),
    "changes": Source(
        name="Changes", fill="Registrations, moves and accepted changes.", blocks=_changes
    ),
    "assessments": Source(
        name="Risk ratings",
        fill="An assessment of the risk tier or of the EU AI Act class.",
        blocks=_assessments,
    ),
    "waivers": Source(name="Waivers", fill="A waiver.", blocks=_waivers),
    "watching": Source(
        name="What was watched",
        fill="Reviews, reports of serving instances, or readings of the files.",
        blocks=_watching,
    ),
    "instructions": Source(
        name="Instructions for use",
        fill="The sections “Intended use”, “Out-of-scope use” and “Human oversight” of the card.",
        blocks=_instructions,
    ),
}
