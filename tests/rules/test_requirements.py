"""What frameworks ask for, how that relates and what is due: the shipped files, and the refused."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.errors import InvalidInput
from governance.evidence.rules.requirements import (
    Level,
    Mode,
    Obligation,
    Period,
    Relation,
    Requirement,
    RequirementSets,
    Unit,
    bearing,
    concerned,
    evidence_kinds,
    put_together,
    read_crosswalk,
    read_obligations,
    read_requirements,
    read_sets,
)
from governance.evidence.rules.requirements.words import DATA
from governance.inventory.rules.frameworks import Facts, Status, read_catalogue

FRAMEWORKS = read_catalogue()
SHIPPED: RequirementSets = read_sets(FRAMEWORKS)
AMENDED = "2024/1689 as amended by 2026/1744"
COUNTS = {
    ("sr-26-2", "2026-04-17"): 43,
    ("sr-11-7", "2011-04-04"): 81,
    ("eu-ai-act-high-risk-provider", AMENDED): 162,
    ("eu-ai-act-deployer", AMENDED): 34,
    ("nist-ai-rmf-1.0", "1.0"): 72,
    ("iso-42001-annex-a", "2023"): 38,
    ("ml-test-score", "2017"): 28,
}
PRINCIPLES = {("ss1-23", "2023-05"): 23, ("osfi-e-23", "2025-09-11"): 12}


def requirement(key: str) -> Requirement:
    each = (one for found in SHIPPED.sets for one in found.requirements)
    return next(one for one in each if one.id == key)


def obligation(framework: str, key: str) -> Obligation:
    return next(one for one in SHIPPED.due_by(framework) if one.id == key)


def of(**known: str | list[str]) -> Facts:
    return Facts(
        known={k: tuple(v) if isinstance(v, list) else (v,) for k, v in known.items()}, adopted={}
    )


class TestShipped:
    def test_every_catalogue_is_whole(self) -> None:
        found = {one.edition: len(one.requirements) for one in SHIPPED.sets}
        assert found == COUNTS | PRINCIPLES
        assert sum(COUNTS.values()) == 458

    def test_a_file_is_named_for_its_framework(self) -> None:
        for path in (DATA / "requirements").iterdir():
            assert path.stem == read_requirements(path.read_text(encoding="utf-8")).framework
        for path in (DATA / "obligations").iterdir():
            assert path.stem == read_obligations(path.read_text(encoding="utf-8")).framework
        for path in (DATA / "crosswalks").iterdir():
            assert path.stem == read_crosswalk(path.read_text(encoding="utf-8")).id

    def test_a_version_without_a_file_has_no_requirements(self) -> None:
        assert SHIPPED.of("eu-ai-act-deployer", "2024/1689 as published") is None

    def test_the_first_and_the_last_of_a_group_stand_in_the_order_of_the_text(self) -> None:
        found = SHIPPED.of("sr-26-2", "2026-04-17")
        assert found is not None
        assert found.groups[0] == "I. Introduction"
        assert found.groups[-1] == "VII. Vendor and third-party products"

    def test_every_word_is_in_use(self) -> None:
        each = [one for found in SHIPPED.sets for one in found.requirements]
        assert {kind for one in each for kind in one.evidence} == set(evidence_kinds())
        assert {whom for one in each for whom in one.concerns} == set(concerned())

    @pytest.mark.parametrize(
        "key", ["SR117-VI-02", "SR117-VI-12", "SR262-VI-04", "AIA-17.1.a", "ISO42001-A.2.2"]
    )
    def test_board_policy_and_audit_are_asked_of_the_firm(self, key: str) -> None:
        assert requirement(key).level == Level.FIRM

    @pytest.mark.parametrize("key", ["SR262-V-07", "AIA-9.1", "AIRMF-MAP-1.1", "MLTS-DATA-1"])
    def test_what_a_model_shows_is_asked_of_each(self, key: str) -> None:
        assert requirement(key).level == Level.MODEL


CLASS = "HIGH_RISK_ANNEX_III"


@pytest.mark.parametrize(
    ("key", "known", "status", "unknown"),
    [
        ("SR262-VII-02", of(origin="VENDOR"), Status.APPLIES, ()),
        ("SR262-VII-02", of(origin="IN_HOUSE"), Status.DOES_NOT_APPLY, ()),
        ("SR262-VII-02", of(), Status.UNKNOWN, ("origin",)),
        ("SR262-III-08", of(tier="4"), Status.APPLIES, ()),
        ("SR262-III-08", of(tier="2"), Status.DOES_NOT_APPLY, ()),
        ("AIA-9.1", of(ai_act_class="NOT_HIGH_RISK_DEROGATION"), Status.DOES_NOT_APPLY, ()),
        ("AIA-49.2", of(ai_act_class="NOT_HIGH_RISK_DEROGATION"), Status.APPLIES, ()),
        ("AIA-43.2", of(ai_act_class=CLASS), Status.UNKNOWN, ("ai_act_matched",)),
        ("AIA-43.1", of(ai_act_class=CLASS, ai_act_matched=["1(a)"]), Status.APPLIES, ()),
        (
            "AID-27.1",
            of(ai_act_class=CLASS, ai_act_matched=["5(c)"]),
            Status.APPLIES,
            (),
        ),
        (
            "AID-27.1",
            of(ai_act_class=CLASS, ai_act_matched=["4(a)"], public_body="no"),
            Status.UNKNOWN,
            ("public_services",),
        ),
        ("AID-26.1", of(), Status.APPLIES, ()),
    ],
)
def test_it_applies_by_facts(
    key: str, known: Facts, status: Status, unknown: tuple[str, ...]
) -> None:
    one = requirement(key)
    found = bearing(one, known)
    assert (found.status, found.unknown) == (status, unknown)
    assert bool(found.because) == (status == Status.DOES_NOT_APPLY)


FACTS = {
    "ai_act_class": ["HIGH_RISK_ANNEX_III", "HIGH_RISK_ANNEX_I_A", "NOT_HIGH_RISK_DEROGATION"],
    "ai_act_matched": ["1(a)", "2", "4(a)", "5(b)"],
    "financial_institution": ["yes", "no"],
    "origin": ["VENDOR", "IN_HOUSE"],
    "public_body": ["yes", "no"],
    "public_services": ["yes", "no"],
    "tier": ["1", "4"],
}
NARROWED = [one for found in SHIPPED.sets for one in found.requirements if one.when]


@given(
    st.fixed_dictionaries({key: st.sampled_from(values) for key, values in FACTS.items()}),
    st.sets(st.sampled_from(sorted(FACTS))),
)
def test_a_known_answer_never_turns_because_a_fact_becomes_known(
    everything: dict[str, str], hidden: set[str]
) -> None:
    some = of(**{key: value for key, value in everything.items() if key not in hidden})
    for one in NARROWED:
        before = bearing(one, some).status
        if before != Status.UNKNOWN:
            assert bearing(one, of(**everything)).status == before


class TestCrosswalks:
    def test_every_point_of_the_superseded_guidance_went_somewhere_or_is_said_to_be_gone(
        self,
    ) -> None:
        walk = next(one for one in SHIPPED.crosswalks if one.id == "sr-11-7-to-sr-26-2")
        assert walk.complete
        assert len({link.source for link in walk.links}) == 81
        gone = {link.source for link in walk.links if link.relation == Relation.NONE}
        assert "SR117-V-10" in gone

    def test_a_link_is_read_both_ways(self) -> None:
        onward = next(SHIPPED.related(requirement("SR117-V-26")))
        assert (onward.onward, onward.link.relation) == (True, Relation.SUBSET)
        assert onward.other is requirement("SR262-V-09")
        back = [one for one in SHIPPED.related(requirement("SR262-V-09")) if not one.onward]
        found = next(one for one in back if one.other is requirement("SR117-V-26"))
        assert found.link.relation.inverse == Relation.SUPERSET

    def test_what_is_gone_leads_to_nothing(self) -> None:
        (found,) = SHIPPED.related(requirement("SR117-V-10"))
        assert (found.other, found.edition) == (None, ("sr-26-2", "2026-04-17"))


class TestObligations:
    @pytest.mark.parametrize(
        ("framework", "key", "day"),
        [
            ("eu-ai-act-prohibited-practices", "added-bans", date(2026, 12, 2)),
            ("eu-ai-act-transparency", "marking-by-older-systems", date(2026, 12, 2)),
            ("eu-ai-act-high-risk-provider", "annex-iii", date(2027, 12, 2)),
            ("eu-ai-act-high-risk-provider", "annex-i", date(2028, 8, 2)),
            ("eu-ai-act-deployer", "fundamental-rights", date(2027, 12, 2)),
            ("osfi-e-23", "effective", date(2027, 5, 1)),
        ],
    )
    def test_what_is_due_on_a_day(self, framework: str, key: str, day: date) -> None:
        assert obligation(framework, key).day == day

    @pytest.mark.parametrize(
        ("key", "mode", "number", "unit"),
        [
            ("incident", Mode.WITHIN, 15, Unit.DAYS),
            ("incident-death", Mode.WITHIN, 10, Unit.DAYS),
            ("incident-widespread", Mode.WITHIN, 2, Unit.DAYS),
            ("keep-logs", Mode.KEEP, 6, Unit.MONTHS),
            ("keep-documents", Mode.KEEP, 10, Unit.YEARS),
        ],
    )
    def test_what_is_due_by_an_event(self, key: str, mode: Mode, number: int, unit: Unit) -> None:
        period = obligation("eu-ai-act-high-risk-provider", key).period
        assert period is not None
        assert (period.mode, period.number, period.unit) == (mode, number, unit)
        assert isinstance(period, Period)


# --- what a file may not say ---------------------------------------------------------------------


OWN = """\
set:
  framework: sr-26-2
  version: '2026-04-17'
  sources: [Policy 7]
groups:
- title: First
  requirements:
  - {id: OWN-1, citation: '§1', title: One, summary: Do it., evidence: [policy], concerns: [board]}
- title: Second
  requirements:
  - id: OWN-2
    citation: '§2'
    title: Two
    summary: Do that.
    evidence: [model_card]
    concerns: [developer]
    when: [{tier: ['1']}]
    otherwise: It is of a lower tier.
    from: '2026-05-01'
cases:
- {id: first, requirement: OWN-2, facts: {tier: '1'}, expect: {answer: applies}}
- {id: none, requirement: OWN-2, facts: {}, expect: {answer: unknown, unknown: [tier]}}
"""
SECOND = "groups[1].requirements[0]"
WALK = """\
crosswalk:
  id: own
  source: {framework: sr-11-7, version: '2011-04-04'}
  target: {framework: sr-26-2, version: '2026-04-17'}
links:
- {source: SR117-V-26, relation: subset_of, target: SR262-V-09, because: So.}
- {source: SR117-V-10, relation: no_relationship, because: So.}
"""
DUE = """\
framework: sr-26-2
sources: [Policy 7]
obligations:
- {id: once, title: Once, what: Do it., citation: §1, due: {day: '2027-01-01'}}
- id: often
  title: Often
  what: Do it.
  citation: §2
  due: {within: {days: 2}, of: it}
  when: [{tier: ['1']}]
  otherwise: It is not.
"""


@pytest.mark.parametrize(
    ("old", "new", "field", "rule"),
    [
        ("  sources: [Policy 7]\n", "", "set", "required"),
        ("evidence: [policy]", "evidence: []", "groups[0].requirements[0].evidence", "minItems"),
        (
            "evidence: [policy]",
            "evidence: [wish]",
            "groups[0].requirements[0].evidence[0]",
            "known",
        ),
        ("[developer]", "[nobody]", f"{SECOND}.concerns[0]", "known"),
        ("id: OWN-2", "id: OWN-1", f"{SECOND}.id", "unique"),
        ("id: OWN-2", "id: O N", f"{SECOND}.id", "pattern"),
        ("title: Second", "title: First", "groups[1].title", "unique"),
        ("when: [{tier:", "when: [{size:", f"{SECOND}.when[0].size", "known"),
        ("when: [{tier: ['1']}]", "when: [{tier: ['9']}]", f"{SECOND}.when[0].tier", "value"),
        ("    otherwise: It is of a lower tier.\n", "", SECOND, "dependentRequired"),
        ("    when: [{tier: ['1']}]\n", "", SECOND, "dependentRequired"),
        ("from: '2026-05-01'", "from: '2026-02-30'", f"{SECOND}.from", "date"),
        ("    from:", "    level: TEAM\n    from:", f"{SECOND}.level", "enum"),
        ("requirement: OWN-2", "requirement: OWN-3", "cases[0].requirement", "known"),
        ("facts: {tier: '1'}", "facts: {tier: '9'}", "cases[0].facts.tier", "value"),
        ("facts: {tier: '1'}", "facts: {tier: '2'}", "cases[0].expect.answer", "case"),
        ("unknown: [tier]", "unknown: [origin]", "cases[1].expect.unknown", "case"),
        ("id: none", "id: first", "cases[1].id", "unique"),
        (OWN[OWN.index("cases:") :], "", "cases", "shown"),
        ("summary: Do that.", "summary: *x", "text", "yaml"),
        ("    title: Two", "    on: x\n    title: Two", f"{SECOND}.True", "key"),
    ],
)
def test_a_set_that_contradicts_itself_is_refused(
    old: str, new: str, field: str, rule: str
) -> None:
    assert OWN.count(old) >= 1
    with pytest.raises(InvalidInput) as caught:
        read_requirements(OWN.replace(old, new, 1))
    assert (field, rule) in {(one.field, one.rule) for one in caught.value.problems}


@pytest.mark.parametrize(
    ("old", "new", "field", "rule"),
    [
        ("subset_of", "like", "links[0].relation", "enum"),
        ("target: SR262-V-09, ", "", "links[0].relation", "target"),
        ("no_relationship,", "no_relationship, target: SR262-V-01,", "links[1].relation", "target"),
        ("source: SR117-V-10", "source: SR117-V-26", "links[0].source", "target"),
        (
            "source: SR117-V-10, relation: no_relationship,",
            "source: SR117-V-26, relation: equal, target: SR262-V-09,",
            "links[1]",
            "unique",
        ),
    ],
)
def test_a_crosswalk_that_contradicts_itself_is_refused(
    old: str, new: str, field: str, rule: str
) -> None:
    assert WALK.count(old) >= 1
    with pytest.raises(InvalidInput) as caught:
        read_crosswalk(WALK.replace(old, new, 1))
    assert (field, rule) in {(one.field, one.rule) for one in caught.value.problems}


@pytest.mark.parametrize(
    ("old", "new", "field", "rule"),
    [
        ("day: '2027-01-01'", "day: '2027-02-30'", "obligations[0].due.day", "date"),
        ("{days: 2}", "{moons: 2}", "obligations[1].due", "oneOf"),
        ("{days: 2}", "{days: 0}", "obligations[1].due", "oneOf"),
        ("{day: '2027-01-01'}", "{}", "obligations[0].due", "oneOf"),
        ("id: often", "id: once", "obligations[1].id", "unique"),
        ("when: [{tier:", "when: [{size:", "obligations[1].when[0].size", "known"),
        ("  otherwise: It is not.\n", "", "obligations[1]", "dependentRequired"),
    ],
)
def test_obligations_that_contradict_themselves_are_refused(
    old: str, new: str, field: str, rule: str
) -> None:
    assert DUE.count(old) >= 1
    with pytest.raises(InvalidInput) as caught:
        read_obligations(DUE.replace(old, new, 1))
    assert (field, rule) in {(one.field, one.rule) for one in caught.value.problems}


@given(
    st.sampled_from([(read_requirements, OWN), (read_crosswalk, WALK), (read_obligations, DUE)]),
    st.integers(0, 400),
    st.integers(0, 30),
    st.text(max_size=12) | st.sampled_from(["null", "[]", "{}", "'", "\n- ", "2027-02-30", "yes"]),
)
def test_a_file_is_read_or_refused_whatever_stands_in_it(
    kind: tuple[Callable[[str], object], str], start: int, length: int, put: str
) -> None:
    read, text = kind
    with contextlib.suppress(InvalidInput):
        read(text[:start] + put + text[start + length :])


def swapped(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize(
    ("kind", "text", "field", "rule"),
    [
        (
            "requirements",
            swapped(OWN, ("framework: sr-26-2", "framework: sr-99")),
            "requirements sr-99.set.framework",
            "known",
        ),
        (
            "requirements",
            swapped(OWN, ("'2026-04-17'", "'2030'")),
            "requirements sr-26-2.set.version",
            "known",
        ),
        (
            "requirements",
            swapped(OWN, ("sr-26-2", "ss1-23"), ("2026-04-17", "2023-05"), ("OWN-1", "SR262-I-01")),
            "requirements ss1-23.groups",
            "unique",
        ),
        (
            "crosswalks",
            swapped(WALK, ("SR117-V-26", "SR117-V-99")),
            "crosswalk own.links[0].source",
            "known",
        ),
        (
            "crosswalks",
            swapped(WALK, ("SR262-V-09", "SR262-V-99")),
            "crosswalk own.links[0].target",
            "known",
        ),
        (
            "crosswalks",
            swapped(WALK, ("'2026-04-17'", "'2027'")),
            "crosswalk own.crosswalk.target",
            "known",
        ),
        (
            "crosswalks",
            swapped(WALK, ("links:", "  complete: true\nlinks:")),
            "crosswalk own.crosswalk.complete",
            "complete",
        ),
        (
            "obligations",
            swapped(DUE, ("sr-26-2", "sr-99")),
            "obligations sr-99.once",
            "known",
        ),
        (
            "obligations",
            swapped(DUE, ("otherwise: It is not.", "otherwise: It is not.\n  requirements: [X-1]")),
            "obligations sr-26-2.often.requirements",
            "known",
        ),
    ],
)  # fmt: skip
def test_files_that_name_what_there_is_not_are_refused(
    tmp_path: Path, kind: str, text: str, field: str, rule: str
) -> None:
    (tmp_path / kind).mkdir()
    (tmp_path / kind / "own.yaml").write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_sets(FRAMEWORKS, str(tmp_path))
    assert (field, rule) in {(one.field, one.rule) for one in caught.value.problems}


def test_a_file_of_the_firm_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "obligations").mkdir()
    (tmp_path / "obligations" / "own.yaml").write_text(DUE)
    found = read_sets(FRAMEWORKS, str(tmp_path))
    assert [one.id for one in found.due_by("sr-26-2")] == ["once", "often"]
    assert found.digest != SHIPPED.digest
    assert found.sets == SHIPPED.sets


def test_what_shipped_files_say_of_a_replaced_set_is_left_out_where_it_is_gone(
    tmp_path: Path,
) -> None:
    (tmp_path / "requirements").mkdir()
    text = swapped(OWN, ("sr-26-2", "sr-11-7"), ("2026-04-17", "2011-04-04"))
    kept = swapped(text, ("OWN-1", "SR117-V-26"))
    (tmp_path / "requirements" / "own.yaml").write_text(kept)
    found = read_sets(FRAMEWORKS, str(tmp_path))
    walk = next(one for one in found.crosswalks if one.id == "sr-11-7-to-sr-26-2")
    assert [link.source for link in walk.links] == ["SR117-V-26"]
    assert not walk.complete
    assert {one.requirements for one in found.due_by("sr-11-7")} == {()}
    assert found.due_by("ss1-23") == SHIPPED.due_by("ss1-23")


def test_a_wrong_file_of_the_firm_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "own.yaml").write_text(OWN.replace("[developer]", "[nobody]"))
    with pytest.raises(InvalidInput) as caught:
        read_sets(FRAMEWORKS, str(tmp_path))
    assert caught.value.problems[0].field == f"own.yaml: {SECOND}.concerns[0]"


def test_the_last_file_of_an_edition_counts() -> None:
    first, second = (
        read_requirements(OWN),
        read_requirements(OWN.replace("title: One", "title: 1st")),
    )
    found = put_together([first, second], [], [], frameworks=FRAMEWORKS)
    assert [one.requirements[0].title for one in found.sets] == ["1st"]
