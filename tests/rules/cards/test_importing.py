"""Taking parts of a file into a draft: what replaces what, and what stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.cards.formats import read_card
from governance.cards.rules.editing import contradicted
from governance.cards.rules.importing import GROUPS, Standing, Taking, parts_in
from governance.cards.rules.mapping import LINES, lines_of, mapping_of
from governance.cards.rules.model_card import (
    Dataset,
    Details,
    Figure,
    Kept,
    License,
    Metric,
    ModelCard,
    Quantity,
    Source,
)
from governance.cards.rules.numbers import Provenance, ProvenanceKind, number
from tests.rules.cards.documents import ALL, DOCUMENTS, FULL_CARD

FILE = "f" * 64
MEASURED = Provenance(run="run-1", dataset="sha256:e", evaluation="evaluation:1")
TYPED = Provenance(typed_by="user:1")


def metric(name: str, value: str, provenance: Provenance = TYPED, **more: str) -> Metric:
    return Metric(type=name, value=number(value, provenance), **more)


def taking(card: ModelCard, *parts: str) -> Taking:
    chosen = frozenset(parts) if parts else None
    return Taking(card=card, format="huggingface", digest=FILE, parts=chosen)


def taken(card: ModelCard, draft: ModelCard, *parts: str) -> ModelCard:
    return taking(card, *parts).on(draft, by="user:2")


def test_only_the_chosen_parts_are_taken() -> None:
    file = ModelCard(sections={"task": "File.", "caveats": "File."}, licenses=(License(id="mit"),))
    draft = ModelCard(sections={"task": "Draft.", "users": "Draft."})
    after = taken(file, draft, "task")
    assert after.sections == {"task": "File.", "users": "Draft."}
    assert after.licenses == ()


def test_a_part_that_the_file_does_not_have_stays() -> None:
    draft = ModelCard(sections={"users": "Draft."}, licenses=(License(id="mit"),))
    assert taken(ModelCard(sections={"task": "File."}), draft).licenses == draft.licenses


def test_what_is_measured_stays_and_the_claim_is_listed() -> None:
    draft = ModelCard(metrics=(metric("auc", "0.857", MEASURED, note="On the test set."),))
    file = ModelCard(metrics=(metric("AUC", "0.99", Provenance()), metric("f1", "0.7")))
    after = taken(file, draft)
    assert after.metrics[0] == draft.metrics[0]
    assert [one.type for one in after.metrics] == ["auc", "f1"]
    assert contradicted(after) == []
    (one,) = taking(file).untaken(draft)
    assert (one.field, one.says, one.stands, one.why) == (
        "metrics[0]",
        "0.99",
        "0.857",
        Standing.MEASURED,
    )
    assert one.words() == "AUC: the file says 0.99; the registry measured 0.857, which stays."


def test_a_typed_number_stays_and_an_imported_one_goes() -> None:
    before = Provenance(file="e" * 64)
    draft = ModelCard(
        metrics=(metric("f1", "0.71"), metric("recall", "0.5", before)),
        quantities=(
            Quantity(section="latency_cost", name="p99", value=number("40", TYPED), unit="ms"),
            Quantity(section="latency_cost", name="p50", value=number("9", before), unit="ms"),
        ),
    )
    file = ModelCard(
        metrics=(metric("F1", "0.9"), metric("precision", "0.6")),
        quantities=(Quantity(section="latency_cost", name="P99 ", value=number("4")),),
    )
    after = taken(file, draft)
    assert [one.value.value for one in after.metrics] == ["0.71", "0.6"]
    assert [one.value.value for one in after.quantities] == ["40"]
    assert [(one.field, one.stands, one.why) for one in taking(file).untaken(draft)] == [
        ("metrics[0]", "0.71", Standing.TYPED),
        ("quantities[0]", "40", Standing.TYPED),
    ]


def test_typed_row_counts_stay_with_their_data_sets() -> None:
    rows = number("1000", TYPED)
    draft = ModelCard(
        datasets=(
            Dataset(role="training", name="Loans", rows=rows, origin="Draft."),
            Dataset(role="training", name="Other", rows=rows),
            Dataset(role="training", name="Old"),
        )
    )
    file = ModelCard(
        datasets=(Dataset(role="training", name="Loans", rows=number("9"), origin="File."),)
    )
    after = taken(file, draft)
    assert [(one.name, one.origin, one.rows) for one in after.datasets] == [
        ("Other", "", rows),
        ("Loans", "File.", rows),
    ]
    assert [one.field for one in taking(file).untaken(draft)] == ["datasets[0].rows"]


def test_no_claim_of_a_file_is_measured_or_typed() -> None:
    file = ModelCard(metrics=(metric("auc", "0.9", MEASURED), metric("f1", "0.8", TYPED)))
    after = taken(file, ModelCard())
    kinds = {one.value.provenance.kind for one in after.metrics}
    assert kinds == {ProvenanceKind.IMPORTED}
    assert {one.value.provenance.file for one in after.metrics} == {FILE}


def test_what_was_kept_and_the_file_replace_those_of_the_same_format() -> None:
    def of(name: str, what: str) -> tuple[Kept, Source]:
        return Kept(format=name, place=f"/{what}", json="1"), Source(format=name, digest=what * 64)

    old, other, new = of("huggingface", "a"), of("mct", "b"), of("huggingface", "c")
    draft = ModelCard(kept=(old[0], other[0]), sources=(old[1], other[1]))
    file = ModelCard(sections={"task": "File."}, kept=(new[0],), sources=(new[1],))
    after = taken(file, draft, "task")
    assert after.kept == (other[0], new[0])
    assert after.sources == (other[1], new[1])


def test_the_lineage_of_a_file_is_not_taken() -> None:
    draft = ModelCard(lineage={"run_id": "ours"})
    assert taken(ModelCard(lineage={"run_id": "theirs"}), draft).lineage == draft.lineage


@pytest.mark.parametrize(("name", "key"), ALL, ids=lambda value: str(value))
def test_taking_twice_is_taking_once(name: str, key: str) -> None:
    reading = read_card(DOCUMENTS[name][key], name=name)
    one = Taking(card=reading.card, format=name, digest=reading.origin.digest)
    draft = replace(FULL_CARD, lineage={})
    once = one.on(draft, by="user:1")
    assert one.on(once, by="user:1") == once
    assert list(one.problems(draft)) == []


@pytest.mark.parametrize(
    ("parts", "rule"), [(frozenset({"nothing"}), "unknown"), (frozenset(), "required")]
)
def test_parts_that_are_not_there_are_refused(parts: frozenset[str], rule: str) -> None:
    one = Taking(card=ModelCard(sections={"task": "File."}), format="mct", digest=FILE, parts=parts)
    (problem,) = one.problems(ModelCard())
    assert (problem.field, problem.rule) == ("parts", rule)


def test_a_section_that_is_too_long_is_refused_by_name() -> None:
    one = taking(ModelCard(sections={"task": "x" * 50_001, "users": "Short."}))
    assert [problem.field for problem in one.problems(ModelCard())] == ["task"]
    assert list(taking(one.card, "users").problems(ModelCard())) == []


def test_every_part_of_a_full_card_is_offered_and_said() -> None:
    file = replace(
        FULL_CARD, figures=(Figure(digest=FILE, name="ROC"),), details=Details(name="Full")
    )
    assert set(GROUPS) <= set(parts_in(file))
    assert set(LINES) == set(GROUPS)
    assert all(lines_of(file, part) for part in parts_in(file))


def test_the_mapping_says_what_would_be_taken() -> None:
    draft = ModelCard(
        sections={"task": "Same.", "users": "Draft."},
        metrics=(metric("auc", "0.857", MEASURED),),
    )
    file = ModelCard(
        sections={"task": "Same.", "users": "File.", "caveats": "New.", "ethics": "x" * 50_001},
        metrics=(metric("f1", "0.7"),),
        licenses=tuple(License(id=f"l-{at}") for at in range(10)),
    )
    rows = {row.part: row for row in mapping_of(taking(file), draft)}
    assert {key: (row.by_default, row.is_same) for key, row in rows.items()} == {
        "task": (True, True),
        "users": (False, False),
        "caveats": (True, False),
        "ethics": (False, False),
        "metrics": (True, False),
        "licenses": (True, False),
    }
    assert rows["ethics"].problem.startswith("Ethical considerations has 50,001 characters")
    assert rows["users"].stands == ("Draft.",)
    assert rows["metrics"].stands == ("auc: 0.857 (measured)",)
    assert rows["licenses"].says[-1] == "and 2 more"
