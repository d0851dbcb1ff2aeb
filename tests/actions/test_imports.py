"""Importing the inventory: each change is shown to the cell, and all is written or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.audit.models import LedgerEntry
from governance.audit.registration import state
from governance.audit.verification import verify
from governance.core.errors import InvalidInput
from governance.core.sheets import csv_bytes
from governance.inventory.actions import create_model, describe_model, edit_model
from governance.inventory.actions.imports import import_models
from governance.inventory.actions.planning import prepare_import
from governance.inventory.models import Builder, Model, RecordRevision, TierAssessment
from governance.inventory.queries.exchange import rows_of
from governance.inventory.rules.imports import Change, ImportChanged, Plan, Verdict
from governance.inventory.sheets import Sheet, read_sheet
from tests import factories as f
from tests.factories import NOON, Cast
from tests.world import newest_entry, nothing_moves, refused

LATER = f.later(hours=1)
HEAD = ["Name", "Unit", "Purpose", "Owner", "Risk tier", "Reason for the tier"]


def sheet(*rows: Sequence[str], head: Sequence[str] = HEAD) -> Sheet:
    return read_sheet(b"".join(csv_bytes([head, *rows])))


def exported() -> Sheet:
    return read_sheet(b"".join(csv_bytes(rows_of(Model.objects.order_by("name")))))


def plan(found: Sheet, actor: User) -> Plan:
    """Judge the file; that nothing moves is part of every use."""
    with nothing_moves():
        return prepare_import(found, actor=actor, at=LATER).plan


def apply(found: Sheet, actor: User) -> Plan:
    seen = plan(found, actor).digest
    return import_models(sheet=found, seen=seen, actor=actor, at=LATER)


def problems(found: Sheet, actor: User) -> list[tuple[int, str, str]]:
    return [(p.row, p.column, p.rule) for p in plan(found, actor).problems]


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


class TestReadingAFile:
    @pytest.mark.parametrize(
        ("head", "rules"),
        [
            (["Name", "Colour"], ["unknown_column"]),
            (["Name", "Purpose", "purpose"], ["double_column"]),
            (["Purpose"], ["missing_column"]),
            (["Nam", "Purpose", "PURPOSE"], ["unknown_column", "double_column", "missing_column"]),
        ],
    )
    def test_headings_are_named(self, head: list[str], rules: list[str]) -> None:
        with pytest.raises(InvalidInput) as caught:
            sheet(["x"] * len(head), head=head)
        assert [problem.rule for problem in caught.value.problems] == rules
        assert {problem.field for problem in caught.value.problems} == {"file"}

    def test_headings_without_rows(self) -> None:
        with pytest.raises(InvalidInput, match="no rows"):
            sheet()


class TestTheDryRun:
    def test_what_is_exported_changes_nothing(self, cast: Cast, model: Model) -> None:
        texts = ["=1+1", "two\r\nlines", "'=x", "  padded", "‘quoted’", "-"]
        for number, text in enumerate(texts):
            record = replace(f.edited_record(model), purpose=text, tier=3, tier_reason=text + "!")
            create_model(
                name=f"m{number}", unit=cast.unit, record=record, actor=cast.owner, at=NOON,
                description=text,
            )  # fmt: skip
        found = plan(exported(), cast.owner)
        assert [row.verdict for row in found.rows] == [Verdict.UNCHANGED] * 7

    def test_every_cell_that_changes_is_shown(self, cast: Cast, model: Model) -> None:
        found = plan(
            sheet(
                ["new-model", "bank/retail", "Sorts.", cast.owner.email.upper(), "2", "Advises."],
                [model.name, "", "Says who stays.", "", "Tier 1", "Decides alone."],
            ),
            cast.owner,
        )
        new, changed = found.rows
        assert (new.number, new.verdict) == (2, Verdict.CREATED)
        assert new.changes == (
            Change("Unit", "", "bank/retail"),
            Change("Purpose", "", "Sorts."),
            Change("Owner", "", cast.owner.email),
            Change("Risk tier", "", "2"),
            Change("Reason for the tier", "", "Advises."),
        )
        # An empty cell in a column that is there says that it shall be empty.
        assert [(p.row, p.column, p.rule) for p in found.problems] == [
            (3, "Unit", "fixed"), (3, "Owner", "required"),
        ]  # fmt: skip
        assert Change("Purpose", model.purpose, "Says who stays.") in changed.changes

    def test_a_column_that_is_absent_stays_as_it_is(self, cast: Cast, model: Model) -> None:
        (row,) = plan(sheet([model.name, "Sorts."], head=["name", "purpose"]), cast.owner).rows
        assert (row.verdict, len(row.changes)) == (Verdict.CHANGED, 1)

    def test_few_queries_however_many_rows(self, cast: Cast, model: Model) -> None:
        def count(rows: int) -> int:
            found = sheet(*many(cast, rows))
            with CaptureQueriesContext(connection) as captured:
                prepare_import(found, actor=cast.owner, at=LATER)
            return len(captured)

        assert count(400) == count(4) <= 12

    def test_few_queries_also_where_validators_are_assigned(self, cast: Cast) -> None:
        head = ["Name", "Unit", "Validator"]

        def count(rows: int) -> int:
            names = [f"validated-{n}" for n in range(rows)]
            for name in names:
                if not Model.objects.filter(name=name).exists():
                    create_model(name=name, unit=cast.unit, actor=cast.owner, at=NOON)
            found = sheet(*([n, "bank/retail", cast.validator.email] for n in names), head=head)
            with CaptureQueriesContext(connection) as captured:
                prepared = prepare_import(found, actor=cast.owner, at=LATER)
            assert prepared.plan.counts[Verdict.CHANGED] == rows
            return len(captured)

        assert count(20) == count(2)


WRONG: list[tuple[list[str], list[tuple[str, str]]]] = [
    (["a/b", "bank/retail", "", "", "", ""], [("Name", "characters")]),
    ([" ", "bank/retail", "", "", "", ""], [("Name", "required")]),
    (["m", "", "", "", "", ""], [("Unit", "required")]),
    (["m", "bank/elsewhere", "", "", "", ""], [("Unit", "known")]),
    (["m", "bank", "", "", "", ""], [("Unit", "permission_missing")]),
    (["m", "bank/retail", "\x01", "", "", ""], [("Purpose", "plain")]),
    (["m", "bank/retail", "", "nobody@bank.example", "", ""], [("Owner", "known")]),
    (["m", "bank/retail", "", "dev.singh@bank.example", "", ""], [("Owner", "role")]),
    (
        ["m", "bank/retail", "", "", "5", "So."],
        [("Risk tier", "choice"), ("Reason for the tier", "unneeded")],
    ),
    (["m", "bank/retail", "", "", "2", " "], [("Reason for the tier", "required")]),
    (["m", "bank/retail", "", "", "", "So."], [("Reason for the tier", "unneeded")]),
    (["m", "bank/retail", "", "", "", "", "more"], [("", "width")]),
    (
        ["churn-model", "bank/retail", "", "", "", ""],
        [("Owner", "required"), ("Risk tier", "required")],
    ),
]  # fmt: skip


class TestWhatIsWrong:
    @pytest.mark.parametrize(("row", "wrong"), WRONG)
    def test_is_named_by_column_and_rule_and_nothing_is_written(
        self, cast: Cast, model: Model, row: list[str], wrong: list[tuple[str, str]]
    ) -> None:
        found = sheet(["good", "bank/retail", "", "", "", ""], row)
        said = problems(found, cast.owner)
        assert said == [(3, *problem) for problem in wrong]
        with refused(InvalidInput):
            import_models(sheet=found, seen="", actor=cast.owner, at=LATER)

    def test_a_model_twice(self, cast: Cast) -> None:
        found = sheet(["m", "bank/retail"], ["m", "bank/retail"], head=["Name", "Unit"])
        assert problems(found, cast.owner) == [(3, "Name", "double")]

    def test_a_model_that_the_sender_may_not_see_is_taken(self, cast: Cast, model: Model) -> None:
        owner = f.make_person("Oda Other", Role.MODEL_OWNER, unit=f.create_unit(
            path="bank/cards", name="Cards", actor=f.CONSOLE, at=NOON,
        ))  # fmt: skip
        found = sheet([model.name, "bank/cards"], head=["Name", "Unit"])
        assert problems(found, owner) == [(2, "Name", "unique")]

    def test_somebody_elses_model(self, cast: Cast, model: Model) -> None:
        other = f.make_person("Oda Other", Role.MODEL_OWNER, unit=cast.unit)
        found = sheet([model.name, "Mine."], head=["Name", "Purpose"])
        assert problems(found, other) == [(2, "", "not_the_owner")]
        assert problems(found, cast.validator) == [(2, "", "permission_missing")]

    def test_a_right_of_its_own_is_named_with_its_column(self, cast: Cast, model: Model) -> None:
        head = ["Name", "Unit", "tier", "tier_reason"]
        new = sheet(["m", "bank/retail", "3", "So."], head=head)
        assert problems(new, cast.developer) == [(2, "Risk tier", "permission_missing")]
        described = sheet([model.name, "Other."], head=["Name", "Description"])
        assert problems(described, cast.owner) == [(2, "Description", "permission_missing")]
        assert problems(described, cast.developer) == []


@pytest.mark.backend
class TestApplying:
    def rows(self, cast: Cast, model: Model) -> Sheet:
        owner, reason = cast.owner.email, str(TierAssessment.objects.get(model=model).reason)
        return sheet(
            ["new-model", "bank/retail", "Sorts.", owner, "2", "Advises."],
            [model.name, "bank/retail", "Says who stays.", owner, "3", reason],
        )

    def test_writes_every_row_with_entries_of_its_own(self, cast: Cast, model: Model) -> None:
        done = apply(self.rows(cast, model), cast.owner)
        assert done.counts[Verdict.CREATED] == done.counts[Verdict.CHANGED] == 1
        new = Model.objects.get(name="new-model")
        model.refresh_from_db()
        assert (new.owner, new.tier, model.purpose) == (cast.owner, 2, "Says who stays.")
        entries = [newest_entry(one.stream) for one in (new, model)]
        assert [(entry.verb, entry.source) for entry in entries] == [
            ("model.created", "IMPORT"), ("model.updated", "IMPORT"),
        ]  # fmt: skip
        assert len({entry.request_id for entry in entries}) == 1
        assert Builder.objects.filter(model=new, user=cast.owner).exists()
        assert str(TierAssessment.objects.get(model=new).reason) == "Advises."

    def test_the_import_as_a_whole_is_an_entry_of_the_firm(self, cast: Cast, model: Model) -> None:
        found = self.rows(cast, model)
        apply(found, cast.owner)
        whole, row = newest_entry("firm"), newest_entry(model.stream)
        assert (whole.verb, whole.source, whole.subject) == (
            "import.applied", "IMPORT", f"import:{found.digest}",
        )  # fmt: skip
        assert whole.facts == {"file": found.digest, "created": 1, "changed": 1, "unchanged": 0}
        assert (whole.request_id, whole.actor) == (row.request_id, row.actor)

    def test_says_the_same_as_the_actions_one_by_one(self, cast: Cast, model: Model) -> None:
        """Every record stands as its newest entry says, and in the chain that anybody can check."""
        person = f.make_person("Both Hats", Role.DEVELOPER, Role.MODEL_OWNER, unit=cast.unit)
        edit_model(
            model=model,
            record=f.edited_record(model, owner=person),
            actor=cast.owner,
            at=NOON,
        )
        head = ["Name", "Purpose", "Developers", "Description"]
        apply(sheet([model.name, "Sorts.", person.email, "Now."], head=head), person)
        model.refresh_from_db()
        described, updated = LedgerEntry.objects.of_stream(model.stream).order_by("-seq")[:2]
        assert [described.verb, updated.verb] == ["model.described", "model.updated"]
        assert described.states[model.ref] == state(model) != updated.states[model.ref]
        revision = RecordRevision.objects.filter(model=model).latest("number")
        assert updated.states[revision.ref] == state(revision)
        assert updated.states[revision.content.ref] == state(revision.content)
        assert (model.purpose, model.description) == ("Sorts.", "Now.")
        assert list(model.developers.all()) == [person]
        assert verify().broken is None

    def test_again_is_refused_since_everything_is_there(self, cast: Cast, model: Model) -> None:
        found = self.rows(cast, model)
        seen = plan(found, cast.owner).digest
        import_models(sheet=found, seen=seen, actor=cast.owner, at=LATER)
        with refused(ImportChanged):
            import_models(sheet=found, seen=seen, actor=cast.owner, at=LATER)
        with nothing_moves():
            apply(found, cast.owner)

    def test_what_changed_meanwhile_is_shown_again(self, cast: Cast, model: Model) -> None:
        found = self.rows(cast, model)
        seen = plan(found, cast.owner).digest
        record = f.edited_record(model, purpose="Somebody was quicker.")
        edit_model(model=model, record=record, actor=cast.owner, at=LATER)
        with refused(ImportChanged):
            import_models(sheet=found, seen=seen, actor=cast.owner, at=LATER)
        apply(found, cast.owner)

    def test_another_file_is_not_what_was_shown(self, cast: Cast, model: Model) -> None:
        seen = plan(self.rows(cast, model), cast.owner).digest
        other = sheet([model.name, "Other."], head=["Name", "Purpose"])
        with refused(ImportChanged):
            import_models(sheet=other, seen=seen, actor=cast.owner, at=LATER)

    def test_a_description_is_the_developers(self, cast: Cast, model: Model) -> None:
        describe_model(model=model, description="Old.", actor=cast.developer, at=NOON)
        apply(sheet([model.name, "New."], head=["Name", "Description"]), cast.developer)
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.source) == ("model.described", "IMPORT")

    def test_who_stops_it_half_way_stops_all_of_it(self, cast: Cast, model: Model) -> None:
        found = self.rows(cast, model)
        seen = plan(found, cast.owner).digest

        def stop(written: int, of: int) -> None:
            if written:
                raise KeyboardInterrupt

        with nothing_moves(), pytest.raises(KeyboardInterrupt):
            import_models(sheet=found, seen=seen, actor=cast.owner, at=LATER, report=stop)


def many(cast: Cast, rows: int) -> list[list[str]]:
    return [
        [f"model-{n:05}", "bank/retail", f"Purpose {n}.", cast.owner.email, "3", "Advises."]
        for n in range(rows)
    ]


def test_ten_thousand_rows_of_which_37_are_wrong(cast: Cast, model: Model) -> None:
    rows = many(cast, 10_000)
    broken = {100 + 250 * n: WRONG[n % len(WRONG)][0] for n in range(37)}
    for place, row in broken.items():
        rows[place] = [f"bad-{place}" if row[0] == "m" else row[0], *row[1:]]
    found = sheet(*rows)
    said = plan(found, cast.owner)
    assert {problem.row for problem in said.problems} == {place + 2 for place in broken}
    assert all(problem.rule and problem.message for problem in said.problems)
    assert said.counts == {
        Verdict.CREATED: 9_963, Verdict.CHANGED: 0, Verdict.UNCHANGED: 0, Verdict.WRONG: 37,
    }  # fmt: skip
    with refused(InvalidInput) as caught:
        import_models(sheet=found, seen=said.digest, actor=cast.owner, at=LATER)
    assert "37 rows" in caught.value.message
    assert Model.objects.count() == 1


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_thousand_good_rows_are_written_at_once(cast: Cast) -> None:
    done = apply(sheet(*many(cast, 10_000)), cast.owner)
    assert done.counts[Verdict.CREATED] == Model.objects.count() == 10_000
    assert LedgerEntry.objects.filter(verb="model.created", source="IMPORT").count() == 10_000
