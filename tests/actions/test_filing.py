"""Filing evidence that lives elsewhere, withdrawing it, and stating what does not apply."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import override_settings

from governance.accounts.rules import NotAPerson, PermissionMissing
from governance.core.errors import InvalidInput
from governance.evidence.actions.filing import (
    end_inapplicable,
    file_evidence,
    state_inapplicable,
    withdraw_evidence,
)
from governance.evidence.models import EvidenceFile, FiledEvidence, Inapplicability
from governance.evidence.queries.coverage import coverage_of, firm_coverage
from governance.evidence.queries.filings import (
    exempt_from,
    filed_file,
    filed_items,
    requirements_asking,
)
from governance.evidence.rules.collectors import collectors
from governance.evidence.rules.coverage import CoverageState, Covered
from governance.evidence.rules.filings import (
    LONGEST_DAYS,
    MAX_FILE,
    EvidenceNotFound,
    EvidenceWithdrawn,
    NotYourEvidence,
    RequirementNotFound,
    StatementOver,
    ending_of,
)
from governance.evidence.rules.requirements import Level
from governance.inventory.actions import edit_model
from governance.inventory.models import Model
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.world import newest_entry, refused

TODAY = NOON.date()
ISO = "iso-42001-annex-a"
LINK = "https://minutes.bank.example/2026/11"


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast, tier=1)


def filed(cast: Cast, model: Model | None, **changed: Any) -> FiledEvidence:
    said: dict[str, Any] = {
        "title": "Monitoring report of February",
        "kind": "monitoring_result",
        "link": LINK,
        "made_date": TODAY,
        "actor": cast.owner if model else cast.compliance,
        "at": NOON,
    }
    return file_evidence(model=model, **(said | changed))


def test_what_is_filed_is_an_entry_without_its_words(cast: Cast, model: Model) -> None:
    row = filed(cast, model, data=b"%PDF", name="Report Of Olga.PDF")
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.subject) == ("evidence.filed", row.ref)
    assert set(entry.states) == {row.ref, row.title.ref, row.link.ref, row.file.ref}
    assert "February" not in entry.text
    assert "minutes.bank" not in entry.text
    assert "Olga" not in entry.text
    assert filed_file(row) == (b"%PDF", f"{row.file.digest[:16]}.pdf")


def test_the_same_file_is_kept_once(cast: Cast, model: Model) -> None:
    first, second = (filed(cast, model, data=b"same", name="a.txt") for _ in range(2))
    assert first.file == second.file
    assert EvidenceFile.objects.count() == 1
    assert second.file.ref not in newest_entry(model.stream).states


def test_a_bomb_is_kept_as_the_bytes_that_it_is(cast: Cast, model: Model) -> None:
    bomb = b"PK\x03\x04" + b"\0" * 1000
    row = filed(cast, model, data=bomb, name="x.tar.gz/../../etc", link="")
    assert filed_file(row)[0] == bomb
    assert row.ending == ""


@pytest.mark.parametrize(
    ("name", "ending"),
    [("a.PDF", "pdf"), ("a", ""), (".env", ""), ("a.b/c", ""), ("a.tar.gz", "gz"), ("", "")],
)
def test_of_a_name_only_the_ending_is_kept(name: str, ending: str) -> None:
    assert ending_of(name) == ending


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"kind": "gossip"}, "kind"),
        ({"link": ""}, "link"),
        ({"link": "http://bank.example"}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "https://olga:secret@bank.example"}, "link"),
        ({"link": "https://bank.example/a b"}, "link"),
        ({"link": "https://[bad"}, "link"),
        ({"data": b""}, "file"),
        ({"data": b"x" * (MAX_FILE + 1)}, "file"),
        ({"made_date": TODAY + timedelta(days=1)}, "made_date"),
        ({"valid_until": TODAY - timedelta(days=1)}, "valid_until"),
        ({"requirements": ["sr-26-2/NO-SUCH"]}, "requirements"),
    ],
)
def test_what_does_not_fit_is_refused(
    cast: Cast, model: Model, changed: dict[str, Any], field: str
) -> None:
    with refused(InvalidInput) as caught:
        filed(cast, model, **changed)
    assert isinstance(caught.value, InvalidInput)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_who_may_not_file_files_nothing(cast: Cast, model: Model) -> None:
    for person in (cast.developer, cast.approver, cast.outsider):
        with refused(PermissionMissing):
            filed(cast, model, actor=person)
    with refused(PermissionMissing):
        filed(cast, None, actor=cast.owner)


def test_a_pipeline_files_nothing(cast: Cast, model: Model) -> None:
    holder, _ = f.make_token(cast)
    with refused(PermissionMissing):
        filed(cast, model, actor=holder)
    assert NotAPerson.code == "not_a_person"


def state_of(rows: tuple[Covered, ...], key: str) -> CoverageState:
    return next(one.state for one in rows if one.requirement.id == key)


def test_it_counts_while_it_is_fresh(cast: Cast, model: Model) -> None:
    row = filed(cast, model)
    for at, stale in ((later(days=95), False), (later(days=96), True)):
        (item,) = filed_items([model], collectors(), at=at)[model.pk]
        assert (item.ref, item.stale) == (row.ref, stale)
    until = TODAY + timedelta(days=3)
    other = filed(cast, model, valid_until=until)
    for at, stale in ((later(days=3), False), (later(days=4), True)):
        items = {one.ref: one for one in filed_items([model], collectors(), at=at)[model.pk]}
        assert items[other.ref].stale == stale


@override_settings(FIRM_FRAMEWORKS={ISO: ""})
def test_of_the_firm_it_counts_for_the_firm_and_shared_kinds_for_models(cast: Cast) -> None:
    record = f.edited_record(model := f.make_model(cast), origin="IN_HOUSE")
    edit_model(model=model, record=record, actor=cast.owner, at=NOON)
    key = next(key for key in requirements_asking("policy", level=Level.FIRM) if ISO in key)
    row = filed(cast, None, kind="policy", requirements=[key])
    assert newest_entry("evidence").subject == row.ref
    filed(cast, None, kind="monitoring_result")
    everywhere = filed(cast, None, kind="policy")
    counting = {
        one.requirement.id: {item.ref for item in one.items}
        for one in firm_coverage(at=NOON, frameworks=[ISO])
    }
    assert row.ref in counting[key.partition("/")[2]]
    assert all(row.ref not in refs for one, refs in counting.items() if one not in key)
    items = [item for one in coverage_of([model], at=NOON)[model.pk] for item in one.items]
    assert "monitoring_result" not in {item.kind for item in items if item.kind != "policy"}
    of_models = [
        item.ref
        for one in coverage_of([model], at=NOON, frameworks=[ISO])[model.pk]
        if one.requirement.level == Level.MODEL
        for item in one.items
        if item.kind == "policy"
    ]
    assert set(of_models) <= {everywhere.ref}


def test_what_is_withdrawn_counts_no_more_and_stays(cast: Cast, model: Model) -> None:
    row = filed(cast, model)
    withdraw_evidence(filed_id=row.pk, reason="Of another model.", actor=cast.owner, at=NOON)
    entry = newest_entry(model.stream)
    assert entry.verb == "evidence.withdrawn"
    assert "another" not in entry.text
    assert filed_items([model], collectors(), at=NOON) == {}
    assert FiledEvidence.objects.filter(pk=row.pk).exists()
    with refused(EvidenceWithdrawn):
        withdraw_evidence(filed_id=row.pk, reason="Again.", actor=cast.owner, at=NOON)


def test_withdrawing_takes_a_right_and_a_reason(cast: Cast, model: Model) -> None:
    row = filed(cast, model)
    with refused(NotYourEvidence):
        withdraw_evidence(filed_id=row.pk, reason="Why not.", actor=cast.developer, at=NOON)
    with refused(InvalidInput):
        withdraw_evidence(filed_id=row.pk, reason=" ", actor=cast.owner, at=NOON)


def test_what_was_filed_as_an_address_has_no_file(cast: Cast, model: Model) -> None:
    row = filed(cast, model)
    with pytest.raises(EvidenceNotFound):
        filed_file(row)


def asked_of_models() -> str:
    return next(iter(requirements_asking("", level=Level.MODEL)))


def stated(cast: Cast, model: Model, **changed: Any) -> Inapplicability:
    said: dict[str, Any] = {
        "requirement": asked_of_models(),
        "reason": "It takes in no data of persons.",
        "until_date": TODAY + timedelta(days=30),
        "actor": cast.owner,
        "at": NOON,
    }
    return state_inapplicable(model=model, **(said | changed))


def test_what_is_stated_not_to_apply_holds_through_its_day(cast: Cast, model: Model) -> None:
    row = stated(cast, model)
    assert newest_entry(model.stream).verb == "requirement.excluded"
    assert "persons" not in newest_entry(model.stream).text
    last = row.until_date
    held = exempt_from([model], today=last)[model.pk]
    assert held == {
        row.requirement: "Stated by Olga Owner through 1 April 2026: It takes in no data of "
        "persons."
    }
    assert exempt_from([model], today=last + timedelta(days=1))[model.pk] == {}


def test_a_statement_is_taken_back_once(cast: Cast, model: Model) -> None:
    row = stated(cast, model)
    with refused(PermissionMissing):
        end_inapplicable(stated_id=row.pk, actor=cast.developer, at=NOON)
    end_inapplicable(stated_id=row.pk, actor=cast.validator, at=NOON)
    assert newest_entry(model.stream).verb == "requirement.included"
    assert exempt_from([model], today=TODAY)[model.pk] == {}
    with refused(StatementOver):
        end_inapplicable(stated_id=row.pk, actor=cast.owner, at=NOON)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"reason": ""}, InvalidInput),
        ({"until_date": TODAY - timedelta(days=1)}, InvalidInput),
        ({"until_date": TODAY + timedelta(days=LONGEST_DAYS + 1)}, InvalidInput),
        ({"until_date": date.max}, InvalidInput),
        ({"requirement": "sr-26-2/NO-SUCH"}, RequirementNotFound),
    ],
)
def test_a_statement_that_does_not_fit_is_refused(
    cast: Cast, model: Model, changed: dict[str, Any], error: type[InvalidInput]
) -> None:
    with refused(error):
        stated(cast, model, **changed)


def test_who_may_not_file_states_nothing(cast: Cast, model: Model) -> None:
    with refused(PermissionMissing):
        stated(cast, model, actor=cast.developer)
