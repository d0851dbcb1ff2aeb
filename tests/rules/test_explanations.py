"""Every refusal of approvals says its rule, what would satisfy it, and who can act."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterator
from http import HTTPStatus
from importlib import import_module
from pathlib import Path

import pytest

from governance import approvals
from governance.approvals.rules import duties
from governance.approvals.rules.explanations import DUTIES, EXPLAINED
from governance.core.errors import DomainError, NotFound
from governance.portal.errors import status_of
from governance.portal.pages.refusals import BY_STATUS, HEADINGS


def kinds(of: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


# A class is known once its module is imported.
for module in pkgutil.walk_packages(approvals.__path__, "governance.approvals."):
    if ".management." not in module.name and ".migrations." not in module.name:
        import_module(module.name)

REFUSALS = sorted(
    {
        kind
        for kind in kinds()
        if kind.__module__.startswith("governance.approvals.") and not issubclass(kind, NotFound)
    },
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_each_refusal_has_a_rule_a_remedy_and_somebody_who_can(kind: type[DomainError]) -> None:
    known = EXPLAINED[kind.code]
    for words in (known.rule, known.remedy, known.who):
        assert words.endswith(".")
        assert 20 <= len(words) <= 110
        assert words[0].isupper()


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_each_has_a_heading_of_its_own_or_of_a_changed_state(kind: type[DomainError]) -> None:
    status = HTTPStatus(status_of(kind("")) if kind is not duties.DutiesNotSeparated else 403)
    assert kind.code in HEADINGS or status == HTTPStatus.CONFLICT
    assert status in BY_STATUS


def test_nothing_is_explained_that_nobody_raises() -> None:
    assert EXPLAINED.keys() == {kind.code for kind in REFUSALS}
    assert list(EXPLAINED) == sorted(EXPLAINED)


def test_each_rule_of_separation_is_said_in_words() -> None:
    tree = ast.parse(Path(duties.__file__).read_text())
    rules = {
        keyword.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Bar"
        for keyword in node.keywords
        if keyword.arg == "rule" and isinstance(keyword.value, ast.Constant)
    }
    assert len(rules) >= 8
    assert rules <= DUTIES.keys()


def test_bars_carry_their_records_and_the_refusal_carries_both() -> None:
    found = duties.bars(
        "user:me",
        duties.Duties(
            model_name="churn",
            version_number=2,
            registered_by="user:me",
            requested_by="user:x",
            validated_by=frozenset({"user:x"}),
            records={
                ("registrant_signs_not", "user:me"): ("version:1",),
                ("registrant_signs_not", "user:x"): ("version:2",),
                ("validator_asks_not", "user:x"): ("report:1", "report:2"),
            },
        ),
        role=duties.Role.APPROVER,
    )
    assert {bar.rule: bar.rests_on for bar in found} == {
        "registrant_signs_not": ("version:1",),
        "validator_asks_not": ("report:1", "report:2"),
    }
    with pytest.raises(duties.DutiesNotSeparated) as caught:
        duties.require_separation(found, stream="model:1")
    assert caught.value.bars == found
    assert caught.value.stream == "model:1"
    assert caught.value.facts == {
        "rules": ["registrant_signs_not", "validator_asks_not"],
        "because": [
            {"rule": "registrant_signs_not", "records": ["version:1"]},
            {"rule": "validator_asks_not", "records": ["report:1", "report:2"]},
        ],
    }
