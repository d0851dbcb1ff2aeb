"""Populations and samples: what there is, what one holds, and its files as they were taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import labels_of, root_unit
from governance.audit.models import LedgerEntry
from governance.core.canonical import sha256_hex
from governance.core.sheets import csv_bytes
from governance.evidence.models import Population, Sample
from governance.evidence.queries.population_kinds import KINDS
from governance.evidence.queries.population_lists import Listed, facet_choices
from governance.evidence.queries.populations import units_to_list
from governance.evidence.rules.packs import STREAM
from governance.evidence.rules.populations.lists import ENTRY, REF, PopulationKind, Row
from governance.evidence.rules.populations.sampling import Allotment
from governance.inventory.firm import catalogue
from governance.portal import links
from governance.portal.forms.populations import PopulationForm, label_of
from governance.portal.pages.may import why_not

PAGE_SIZE = 50
UNSHOWN = frozenset({"model_ref"})
"""Columns of the files that the pages leave out: they say in another way what is there."""
APART = {
    "gone": "The ledger tells of it, and no such row is in the tables in this period",
    "untold": "It is in the tables, and no entry of the ledger tells of it",
    "altered": "It is no longer what the ledger says it was",
}


@dataclass(frozen=True, kw_only=True)
class PopulationsPage:
    """`no_extracting` says why the reader extracts none; it is empty where they may."""

    page: Page[Any]
    rows: Sequence[Population]
    people: Mapping[str, str]
    no_extracting: str


@dataclass(frozen=True, kw_only=True)
class NewPage:
    """`counted` is what would be extracted now, once everything is filled in."""

    kind: PopulationKind
    kinds: Sequence[tuple[str, str]]
    counted: Listed | None
    said: Sequence[tuple[str, str]]
    no_extracting: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One value as people read it; `href` leads to what it names."""

    text: str
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under their columns; each row begins with its reference and ends with its entry."""

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell], str]]


@dataclass(frozen=True, kw_only=True)
class PopulationPage:
    body: Mapping[str, Any]
    filters: Sequence[tuple[str, str]]
    apart: Sequence[tuple[str, Sequence[str]]]
    table: Table
    page: Page[Any]
    samples: Sequence[Sample]
    extracted_by: str
    entry: LedgerEntry | None
    csv_digest: str


@dataclass(frozen=True, kw_only=True)
class SamplePage:
    body: Mapping[str, Any]
    strata: Sequence[Allotment]
    stratum: str
    table: Table
    drawn_by: str
    entry: LedgerEntry | None


def populations_page(reader: User, *, number: str | None, at: datetime) -> PopulationsPage:
    seen = Population.objects.visible_to(reader, at=at).newest_first().defer("text")
    page = Paginator(seen, PAGE_SIZE).get_page(number)
    rows = list(page.object_list)
    return PopulationsPage(
        page=page,
        rows=rows,
        people=labels_of(row.extracted_by for row in rows),
        no_extracting=no_extracting(reader, at=at),
    )


def no_extracting(reader: User, *, at: datetime) -> str:
    """Say why the reader extracts no population anywhere, or nothing."""
    if units_to_list(reader, at=at):
        return ""
    permission = Permission.POPULATION_EXTRACT
    return why_not(reader, permission, "Extracting a population", unit=root_unit(), at=at)


def kind_asked(said: str) -> PopulationKind:
    return PopulationKind(said) if said in PopulationKind.values else PopulationKind.FINDING


def population_form(
    data: QueryDict | None, kind: PopulationKind, *, reader: User, at: datetime
) -> PopulationForm:
    found = KINDS[kind]
    frameworks = catalogue().frameworks
    return PopulationForm(data, initial={"until_date": at.date().isoformat()}).offer(
        kind,
        units=units_to_list(reader, at=at),
        frameworks=[(one.id, one.title) for one in frameworks],
        facets={name: facet_choices(found, name) for name in found.facets},
        of_models=found.of_models,
    )


def new_page(
    form: PopulationForm,
    kind: PopulationKind,
    *,
    counted: Listed | None,
    reader: User,
    at: datetime,
) -> NewPage:
    return NewPage(
        kind=kind,
        kinds=PopulationKind.choices,
        counted=counted,
        said=[(name, form.data.get(name, "")) for name in form.fields] if counted else (),
        no_extracting=no_extracting(reader, at=at),
    )


def population_page(population: Population, *, number: str | None) -> PopulationPage:
    body = population.body
    listing: list[Row] = body["rows"]
    page = Paginator(listing, PAGE_SIZE).get_page(number)
    return PopulationPage(
        body=body,
        filters=[(label_of(name), value) for name, value in body["filter"].items() if value],
        apart=[(words, found) for name, words in APART.items() if (found := body["control"][name])],
        table=_table(body["source"]["columns"], list(page.object_list)),
        page=page,
        samples=list(population.samples.order_by("drawn_at", "pk").defer("text")),
        extracted_by=_name(population.extracted_by),
        entry=_entry(population.ref),
        csv_digest=sha256_hex(b"".join(population_csv(population))),
    )


def sample_page(sample: Sample) -> SamplePage:
    body = sample.body
    rows = sampled_rows(sample)
    return SamplePage(
        body=body,
        strata=[Allotment(**part) for part in body["strata"]],
        stratum=label_of(sample.stratum) if sample.stratum else "",
        table=_table(sample.population.body["source"]["columns"], rows),
        drawn_by=_name(sample.drawn_by),
        entry=_entry(sample.ref),
    )


def sampled_rows(sample: Sample) -> list[Row]:
    """The rows that were drawn, as the population holds them, in the order of the draw."""
    rows = {row[REF]: row for row in sample.population.body["rows"]}
    return [rows[one["ref"]] for one in sample.body["chosen"]]


def population_csv(population: Population) -> Iterator[bytes]:
    """The list of a population as CSV: the same bytes whenever they are asked for."""
    body = population.body
    return csv_bytes(_lines(body["source"]["columns"], body["rows"]))


def sample_csv(sample: Sample) -> Iterator[bytes]:
    """The rows of a sample as CSV, each with the stratum and the rank by which it was drawn."""
    columns = [REF, *sample.population.body["source"]["columns"], ENTRY]
    drawn = zip(sample.body["chosen"], sampled_rows(sample), strict=True)
    return csv_bytes(
        [
            ["stratum", "rank", *columns],
            *(
                [one["stratum"], one["rank"], *(row[name] for name in columns)]
                for one, row in drawn
            ),
        ]
    )


def _lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[Sequence[str]]:
    names = [REF, *columns, ENTRY]
    yield names
    for row in rows:
        yield [row[name] for name in names]


def _table(columns: Sequence[str], rows: Sequence[Row]) -> Table:
    shown = [name for name in columns if name not in UNSHOWN]
    names = labels_of(value for row in rows for value in row.values())
    return Table(
        columns=[label_of(name) for name in shown],
        rows=[(row[REF], [_cell(name, row, names) for name in shown], row[ENTRY]) for row in rows],
    )


def _cell(name: str, row: Row, names: Mapping[str, str]) -> Cell:
    value = row[name]
    if name == "model":
        return Cell(text=value, href=links.model_named(value))
    if value in names:
        return Cell(text=names[value])
    kind, _, key = value.partition(":")
    if len(key) == 36:
        return Cell(text=f"{kind.replace('_', ' ')} {key[:8]}")
    if name == "at" or name.endswith("_at"):
        return Cell(text=value[:19].replace("T", " "))
    if value.isupper() or name == "change":
        return Cell(text=value.replace("_", " ").capitalize())
    if kind == "system":
        return Cell(text=f"The {key}")
    return Cell(text=value)


def _name(ref: str) -> str:
    return labels_of([ref]).get(ref, "The console")


def _entry(ref: str) -> LedgerEntry | None:
    entries = LedgerEntry.objects.of_stream(STREAM).filter(subject=ref)
    return entries.order_by("seq").first()
