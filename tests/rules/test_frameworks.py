"""Which frameworks apply, why and from when: the shipped files, and what they may not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.errors import InvalidInput
from governance.inventory.rules import AiActClass, Kind
from governance.inventory.rules.frameworks import (
    ADOPTED,
    SCHEMA,
    Answer,
    Catalogue,
    Facts,
    Status,
    Timing,
    answers_from,
    catalogue_from,
    differences,
    judge,
    kept,
    read_catalogue,
    read_framework,
    said,
    scope_of,
    sentence,
    vocabulary,
)
from governance.inventory.rules.frameworks.files import FOLDER

TODAY = date(2026, 11, 21)
SHIPPED = read_catalogue()
OF_THE_CATALOGUES = {
    "sr-11-7", "sr-26-2", "eu-ai-act-high-risk-provider", "eu-ai-act-deployer",
    "nist-ai-rmf-1.0", "iso-42001-annex-a", "ml-test-score",
}  # fmt: skip


def facts(**known: str | list[str]) -> Facts:
    values = {k: tuple(v) if isinstance(v, list) else (v,) for k, v in known.items()}
    return Facts(known=values)


def answer_of(framework: str, given_facts: Facts, on: date = TODAY) -> tuple[Answer, Timing]:
    found = scope_of(given_facts, on=on, catalogue=SHIPPED)
    one = next(one for one in found if one.answer.framework == framework)
    return one.answer, one.timing


class TestShippedFiles:
    def test_every_file_is_read_and_its_worked_cases_come_out(self) -> None:
        assert len(SHIPPED.frameworks) == len(list(FOLDER.glob("*.yaml")))
        assert {one.id for one in SHIPPED.frameworks} >= OF_THE_CATALOGUES
        assert all(path.stem == read_framework(path.read_text()).id for path in FOLDER.iterdir())

    def test_the_vocabulary_is_that_of_the_record(self) -> None:
        known = vocabulary()
        assert known["ai_act_class"].values == dict(AiActClass.choices)
        assert known["kind"].values == dict(Kind.choices)

    def test_what_nobody_reads_into_the_firm_is_never_written(self) -> None:
        for path in FOLDER.iterdir():
            assert "complian" not in path.read_text().lower(), path

    @pytest.mark.parametrize(
        ("framework", "known", "from_date", "timing"),
        [
            ("eu-ai-act-literacy", facts(ai_act_class="MINIMAL"), "2025-02-02", "in_force"),
            (
                "eu-ai-act-prohibited-practices",
                facts(ai_act_class="PROHIBITED", ai_act_matched=["5(1)(f)"]),
                "2025-02-02", "in_force",
            ),
            (
                "eu-ai-act-prohibited-practices",
                facts(ai_act_class="PROHIBITED", ai_act_matched=["5(1)(bb)"]),
                "2026-12-02", "ahead",
            ),
            (
                "eu-ai-act-gpai-provider",
                facts(ai_act_class="GPAI", gpai="GPAI", kind="GENERATIVE", origin="IN_HOUSE"),
                "2025-08-02", "in_force",
            ),
            ("eu-ai-act-transparency", facts(ai_act_class="TRANSPARENCY_ONLY"),
             "2026-08-02", "in_force"),
            ("eu-ai-act-deployer", facts(ai_act_class="HIGH_RISK_ANNEX_III"),
             "2027-12-02", "ahead"),
            ("eu-ai-act-deployer", facts(ai_act_class="HIGH_RISK_ANNEX_I_A"),
             "2028-08-02", "ahead"),
            (
                "eu-ai-act-high-risk-provider",
                facts(ai_act_class="HIGH_RISK_ANNEX_III", origin="IN_HOUSE"),
                "2027-12-02", "ahead",
            ),
            (
                "eu-ai-act-high-risk-provider",
                facts(ai_act_class="HIGH_RISK_ANNEX_I_A", origin="IN_HOUSE"),
                "2028-08-02", "ahead",
            ),
            (
                "eu-ai-act-high-risk-provider",
                facts(ai_act_class="NOT_HIGH_RISK_DEROGATION", origin="IN_HOUSE"),
                "2027-12-02", "ahead",
            ),
            (
                "sr-26-2",
                facts(us_banking_organization="yes", total_assets_above_usd_30bn="yes",
                      kind="REGRESSION", determination="in_scope_model"),
                "2026-04-17", "in_force",
            ),
            (
                "ss1-23",
                facts(uk_internal_model_approval="yes", jurisdictions=["GB"],
                      determination="in_scope_model"),
                "2024-05-17", "in_force",
            ),
            (
                "osfi-e-23",
                facts(canadian_financial_institution="yes", jurisdictions=["CA"],
                      determination="in_scope_model"),
                "2027-05-01", "ahead",
            ),
        ],
    )  # fmt: skip
    def test_the_dates_of_the_law(
        self, framework: str, known: Facts, from_date: str, timing: str
    ) -> None:
        answer, when = answer_of(framework, known)
        assert (answer.status, answer.from_date) == (
            Status.APPLIES,
            date.fromisoformat(from_date),
        )
        assert when == timing

    def test_older_generative_systems_mark_their_output_later(self) -> None:
        flagged = facts(ai_act_class="TRANSPARENCY_ONLY", ai_act_flags=["50(2)"])
        answer, _ = answer_of("eu-ai-act-transparency", flagged)
        assert [part.from_date.isoformat() for part in answer.parts] == ["2026-08-02", "2026-12-02"]

    def test_a_record_made_under_superseded_guidance_stays_under_it(self) -> None:
        known = facts(us_banking_organization="yes", determination="in_scope_model")
        before, timing = answer_of("sr-11-7", known, date(2026, 4, 16))
        assert (before.status, timing) == (Status.APPLIES, Timing.IN_FORCE)
        after, timing = answer_of("sr-11-7", known, date(2026, 4, 17))
        assert (after, timing) == (before, Timing.ENDED)
        successor = SHIPPED.successor_of("sr-11-7")
        assert successor is not None
        assert successor.id == "sr-26-2"

    def test_an_ended_version_stands_behind_the_one_that_counts(self) -> None:
        known = facts(ai_act_class="HIGH_RISK_ANNEX_III", origin="IN_HOUSE")
        found = scope_of(known, on=TODAY, catalogue=SHIPPED)
        one = next(one for one in found if one.answer.framework == "eu-ai-act-high-risk-provider")
        assert [earlier.from_date for earlier in one.earlier] == [date(2026, 8, 2)]


# --- what is known and what is not ---------------------------------------------------------------


VALUES: Mapping[str, list[str]] = {
    "ai_act_class": list(AiActClass.values),
    "ai_act_matched": ["5(1)(c)", "5(1)(ba)", "5(b)", "4(a)"],
    "ai_act_flags": ["50(1)", "50(2)"],
    "gpai": ["GPAI", "GPAI_FOSS", "GPAI_SYSTEMIC", "NONE"],
    "determination": ["in_scope_model", "outside_sr_26_2", "non_model_tool"],
    "kind": list(Kind.values),
    "origin": ["IN_HOUSE", "VENDOR"],
    "jurisdictions": ["GB", "CA", "DE"],
    "us_banking_organization": ["yes", "no"],
    "total_assets_above_usd_30bn": ["yes", "no"],
    "significant_model_risk": ["yes", "no"],
    "uk_internal_model_approval": ["yes", "no"],
    "canadian_financial_institution": ["yes", "no"],
}
SOME = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from(values) for key, values in VALUES.items()}
)
WHOLE = st.fixed_dictionaries({key: st.sampled_from(values) for key, values in VALUES.items()})


def test_every_fact_that_a_shipped_file_asks_for_is_tried_below() -> None:
    assert SHIPPED.asked == {*VALUES, ADOPTED}


@given(WHOLE, st.sets(st.sampled_from(sorted(VALUES))))
def test_a_known_answer_stays_whatever_becomes_known(
    whole: dict[str, str], hidden: set[str]
) -> None:
    part = {key: value for key, value in whole.items() if key not in hidden}
    for less, more in zip(
        judge(facts(**part), SHIPPED), judge(facts(**whole), SHIPPED), strict=True
    ):
        assert less.status in {more.status, Status.UNKNOWN}
        assert more.status != Status.UNKNOWN
        assert not more.unknown
        if less.status == Status.UNKNOWN:
            assert set(less.unknown) & hidden
        elif not less.unknown:
            assert less.from_date == more.from_date


@given(SOME)
def test_what_is_kept_comes_back_as_it_was(some: dict[str, str]) -> None:
    answers = judge(facts(**some), SHIPPED)
    assert answers_from(kept(answers)) == answers


# --- what a file may not say ---------------------------------------------------------------------


OWN = """\
framework:
  id: own-policy
  name: Own policy
  title: Model policy of the firm
  issuer: The firm
  kind: choice
versions:
- version: '1'
  from: '2024-01-01'
  until: '2025-01-01'
  sources: [Policy 7]
  applies:
  - {id: all, answer: applies, because: It is a model., citation: '§1'}
- version: '2'
  from: '2025-01-01'
  sources: [Policy 7]
  applies:
  - id: risky
    when: {tier: ['1']}
    answer: applies
    from: '2025-06-01'
    because: It is of the first tier.
    citation: §2
    parts:
    - {from: '2025-06-01', what: Watch it., citation: §3}
  - {id: otherwise, answer: does_not_apply, because: It is of a lower tier., citation: §2}
cases:
- {id: first, facts: {tier: '1'}, expect: {answer: applies, from: '2025-06-01'}}
- {id: third, facts: {tier: '3'}, expect: {answer: does_not_apply}}
"""


@pytest.mark.parametrize(
    ("old", "new", "field", "rule"),
    [
        ("kind: choice", "kind: wish", "framework.kind", "enum"),
        ("  issuer: The firm\n", "", "framework", "required"),
        ("name: Own policy", "nick: Own policy", "framework", "additionalProperties"),
        ("from: '2025-01-01'", "from: soon", "versions[1].from", "pattern"),
        ("from: '2025-01-01'", "from: '2025-02-30'", "versions[1].from", "date"),
        ("version: '2'", "version: '1'", "versions[1].version", "unique"),
        ("id: otherwise", "id: risky", "versions[1].applies[1].id", "unique"),
        ("id: third", "id: first", "cases[1].id", "unique"),
        ("when: {tier: ['1']}", "when: {size: ['1']}", "versions[1].applies[0].when.size", "known"),
        (
            "when: {tier: ['1']}",
            "when: {tier: ['first']}",
            "versions[1].applies[0].when.tier",
            "value",
        ),
        (
            "when: {tier: ['1']}",
            "when: {jurisdictions: [Germany]}",
            "versions[1].applies[0].when.jurisdictions",
            "value",
        ),
        ("    when: {tier: ['1']}\n", "", "versions[1].applies[0]", "reachable"),
        (
            "{id: all, answer",
            "{id: all, when: {tier: ['1']}, answer",
            "versions[0].applies[0].when",
            "total",
        ),
        ("until: '2025-01-01'", "until: '2024-01-01'", "versions[0].until", "order"),
        ("until: '2025-01-01'", "until: '2025-01-02'", "versions[0].until", "overlap"),
        ("  until: '2025-01-01'\n", "", "versions[0].until", "overlap"),
        ("from: '2025-01-01'", "from: '2023-01-01'", "versions[1].from", "order"),
        (
            "{from: '2025-06-01', what",
            "{from: '2025-05-01', what",
            "versions[1].applies[0].parts[0].from",
            "order",
        ),
        (
            "answer: does_not_apply, because",
            "answer: does_not_apply, from: '2025-06-01', because",
            "versions[1].applies[1].from",
            "answer",
        ),
        ("facts: {tier: '3'}", "facts: {tier: '9'}", "cases[1].facts.tier", "value"),
        ("facts: {tier: '3'}", "facts: {}", "cases[1].expect.answer", "case"),
        (
            "from: '2025-06-01'}}",
            "from: '2025-07-01'}}",
            "cases[0].expect.from",
            "case",
        ),
        ("- {id: first", "- {on: x, id: first", "cases[0].True", "key"),
        ("issuer: The firm", "issuer: *x", "text", "yaml"),
        ("issuer: The firm", "issuer: [", "text", "yaml"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(
    old: str, new: str, field: str, rule: str
) -> None:
    assert OWN.count(old) >= 1
    with pytest.raises(InvalidInput) as caught:
        read_framework(OWN.replace(old, new, 1))
    assert (field, rule) in {(one.field, one.rule) for one in caught.value.problems}


def test_the_published_schema_names_every_answer() -> None:
    expected = SCHEMA["properties"]["cases"]["items"]["properties"]["expect"]["properties"]
    assert set(expected["answer"]["enum"]) == set(Status)
    assert set(expected["timing"]["enum"]) == set(Timing)


def own(key: str, *, supersedes: str = "", from_date: str = "2024-01-01", until: str = "") -> str:
    head = f"framework: {{id: {key}, name: {key}, title: T, issuer: I, kind: choice"
    over = f", supersedes: [{supersedes}]}}" if supersedes else "}"
    ends = f"until: '{until}', " if until else ""
    rule = "{id: all, answer: applies, because: So., citation: C}"
    version = f"{{version: '1', from: '{from_date}', {ends}sources: [S], applies: [{rule}]}}"
    case = "{id: one, facts: {}, expect: {answer: applies}}"
    return f"{head}{over}\nversions: [{version}]\ncases: [{case}]\n"


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ([own("a", supersedes="b")], "known"),
        ([own("a", supersedes="a")], "cycle"),
        ([own("a", supersedes="b"), own("b", supersedes="a")], "cycle"),
        (
            [own("a", supersedes="b"), own("b", supersedes="c"), own("c", supersedes="a")],
            "cycle",
        ),
        ([own("a", supersedes="b"), own("b")], "ended"),
        ([own("a", supersedes="b"), own("b", from_date="2020-01-01", until="2024-06-01")],
         "overlap"),
    ],
)  # fmt: skip
def test_files_that_contradict_each_other_are_refused(files: list[str], rule: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        catalogue_from(map(read_framework, files))
    assert {one.rule for one in caught.value.problems} == {rule}


def test_a_file_of_the_firm_stands_beside_the_shipped_ones_or_for_one(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN)
    (tmp_path / "other.yaml").write_text(own("sr-26-2", from_date="2026-04-17"))
    found = read_catalogue(str(tmp_path))
    assert len(found.frameworks) == len(SHIPPED.frameworks) + 1
    replaced = found.named("sr-26-2")
    assert replaced is not None
    assert replaced.title == "T"
    assert found.digest != SHIPPED.digest


@pytest.mark.parametrize(
    ("text", "place"),
    [(OWN.replace("kind: choice", "kind: wish"), "framework.kind"), (OWN, "framework.id")],
)
def test_a_wrong_file_of_the_firm_is_named(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "first.yaml").write_text(OWN)
    (tmp_path / "second.yaml").write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_catalogue(str(tmp_path))
    assert [one.field for one in caught.value.problems] == [f"second.yaml: {place}"]


# --- differences ---------------------------------------------------------------------------------


def judged(catalogue: Catalogue = SHIPPED, **known: Any) -> tuple[Answer, ...]:
    return judge(facts(**known), catalogue)


def told(now: tuple[Answer, ...], before: tuple[Answer, ...]) -> dict[str, str]:
    found = differences(now, before, on=TODAY)
    return {one.framework: sentence(one) for one in found}


def test_what_changed_is_told_with_its_reason_and_what_was_before() -> None:
    minimal = judged(ai_act_class="MINIMAL", origin="IN_HOUSE", kind="RANKING")
    high = judged(ai_act_class="HIGH_RISK_ANNEX_III", origin="IN_HOUSE", kind="RANKING")
    found = told(high, minimal)
    assert found["eu-ai-act-high-risk-provider"] == (
        "EU AI Act, high-risk provider: now applies from 2 December 2027, because it is high risk "
        "in an area of Annex III, and the firm is its provider; before: does not apply."
    )
    assert found["eu-ai-act-transparency"] == (
        "EU AI Act, transparency: now unknown until the list of transparency flags is recorded; "
        "before: does not apply."
    )
    assert found.keys() == {
        "eu-ai-act-high-risk-provider", "eu-ai-act-deployer", "eu-ai-act-transparency",
    }  # fmt: skip
    assert told(high, high) == {}


def test_a_new_version_is_told_with_what_the_one_before_said() -> None:
    provider = SHIPPED.named("eu-ai-act-high-risk-provider")
    assert provider is not None
    first = replace(provider.versions[0], until=None)
    before = catalogue_from([replace(provider, versions=(first,))])
    known = {"ai_act_class": "HIGH_RISK_ANNEX_III", "origin": "IN_HOUSE"}
    now = judged(catalogue_from([provider]), **known)
    assert told(now, judged(before, **known)) == {
        provider.id: "EU AI Act, high-risk provider: now applies from 2 December 2027 under "
        "2024/1689 as amended by 2026/1744, because it is high risk in an area of Annex III, and "
        "the firm is its provider; before: applies from 2 August 2026."
    }


def test_a_framework_that_comes_or_goes_is_told() -> None:
    wider = catalogue_from([*SHIPPED.frameworks, read_framework(OWN)])
    more, less = judged(wider, tier="1"), judged(tier="1")
    assert told(more, less) == {
        "own-policy": "Own policy: now applies from 1 June 2025, because it is of the first tier; "
        "before: not in the catalogue."
    }
    assert told(less, more) == {
        "own-policy": "Own policy: no longer in the catalogue; before: applies from 1 June 2025."
    }


def test_what_is_missing_is_named_in_a_sentence() -> None:
    answer, _ = answer_of("sr-26-2", facts(us_banking_organization="yes", kind="REGRESSION"))
    assert said(answer) == (
        "unknown until the determination, the size of the firm and the significance of model risk "
        "for the firm are recorded"
    )
