"""What frameworks ask for: the shipped files, and what a file may not say."""

from __future__ import annotations

import pytest

from governance.evidence.rules.requirements import RequirementSets, read_sets
from governance.inventory.rules.frameworks import read_catalogue

SHIPPED: RequirementSets = read_sets(read_catalogue())


@pytest.mark.parametrize(
    ("framework", "version", "count"),
    [
        ("sr-26-2", "2026-04-17", 43),
        ("sr-11-7", "2011-04-04", 81),
        ("eu-ai-act-high-risk-provider", "2024/1689 as amended by 2026/1744", 162),
        ("eu-ai-act-deployer", "2024/1689 as amended by 2026/1744", 34),
        ("nist-ai-rmf-1.0", "1.0", 72),
        ("iso-42001-annex-a", "2023", 38),
        ("ml-test-score", "2017", 28),
    ],
)
def test_a_shipped_set_is_whole(framework: str, version: str, count: int) -> None:
    found = SHIPPED.of(framework, version)
    assert found is not None
    assert len(found.requirements) == count
