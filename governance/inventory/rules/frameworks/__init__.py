"""Which frameworks apply to a model, why and from when: rules as data, read strictly.

No article, date or class stands in this code: whatever the files say is what counts.
"""

from governance.inventory.rules.frameworks.catalogue import Catalogue, catalogue_from
from governance.inventory.rules.frameworks.differences import (
    Difference,
    differences,
    missing,
    said,
    sentence,
)
from governance.inventory.rules.frameworks.facts import (
    ADOPTED,
    Fact,
    Facts,
    answered_facts,
    firm_facts,
    vocabulary,
)
from governance.inventory.rules.frameworks.files import read_catalogue, read_framework
from governance.inventory.rules.frameworks.form import SCHEMA
from governance.inventory.rules.frameworks.frameworks import (
    Framework,
    FrameworkKind,
    FrameworkVersion,
    Rule,
    Status,
)
from governance.inventory.rules.frameworks.kept import answers_from, kept
from governance.inventory.rules.frameworks.scoping import (
    Answer,
    Applicability,
    PartAnswer,
    Timing,
    Would,
    judge,
    scope_of,
    seen_on,
)

__all__ = [
    "ADOPTED",
    "SCHEMA",
    "Answer",
    "Applicability",
    "Catalogue",
    "Difference",
    "Fact",
    "Facts",
    "Framework",
    "FrameworkKind",
    "FrameworkVersion",
    "PartAnswer",
    "Rule",
    "Status",
    "Timing",
    "Would",
    "answered_facts",
    "answers_from",
    "catalogue_from",
    "differences",
    "firm_facts",
    "judge",
    "kept",
    "missing",
    "read_catalogue",
    "read_framework",
    "said",
    "scope_of",
    "seen_on",
    "sentence",
    "vocabulary",
]
