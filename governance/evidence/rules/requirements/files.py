"""Reading files of requirements, crosswalks and obligations: form, contradictions, worked cases."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from governance.core.strict_yaml import strict_content
from governance.evidence.rules.requirements import crosswalks, lint, obligations
from governance.evidence.rules.requirements.cases import case_problems
from governance.evidence.rules.requirements.crosswalks import Crosswalk, crosswalk_from
from governance.evidence.rules.requirements.obligations import ObligationSet, obligations_from
from governance.evidence.rules.requirements.requirements import RequirementSet, set_from
from governance.evidence.rules.requirements.together import (
    RequirementSets,
    fitted,
    fitted_due,
    put_together,
)
from governance.evidence.rules.requirements.words import DATA, MAX_TEXT
from governance.inventory.rules.frameworks import Catalogue
from governance.inventory.rules.frameworks.files import read_folder
from governance.inventory.rules.frameworks.form import checked_form, refuse


def _schema(name: str) -> dict[str, Any]:
    stated: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return stated


SCHEMAS = {
    "requirements": _schema("requirement.schema.json"),
    "crosswalks": _schema("crosswalk.schema.json"),
    "obligations": _schema("obligation.schema.json"),
}
"""The schema of each kind of file, by the folder that files of the kind lie in."""


def read_requirements(text: str) -> RequirementSet:
    """Return what the YAML text states. Raises InvalidInput naming each wrong place."""
    content = _content(text, "requirements")
    refuse(lint.problems(content))
    found = set_from(content)
    refuse(case_problems(content, found))
    return found


def read_crosswalk(text: str) -> Crosswalk:
    """Return what the YAML text states. Raises InvalidInput naming each wrong place."""
    content = _content(text, "crosswalks")
    refuse(crosswalks.problems(content))
    return crosswalk_from(content)


def read_obligations(text: str) -> ObligationSet:
    """Return what the YAML text states. Raises InvalidInput naming each wrong place."""
    content = _content(text, "obligations")
    refuse(obligations.problems(content))
    return obligations_from(content)


def _content(text: str, kind: str) -> dict[str, Any]:
    stated = strict_content(text, noun=kind, longest=MAX_TEXT)
    return checked_form(stated, schema=SCHEMAS[kind], noun=f"file of {kind}")


@lru_cache(maxsize=8)
def read_sets(frameworks: Catalogue, own: str = "") -> RequirementSets:
    """Return what comes with the portal, and what lies in the folders of the folder `own`.

    A file of the firm takes the place of a shipped one for the same version; what shipped files
    say of points that are gone with it is left out. Raises InvalidInput with the name of the file
    before each wrong place.
    """
    sets, walks, due = _sets(DATA), _crosswalks(DATA), _obligations(DATA)
    if own:
        firm = Path(own)
        sets = list({one.edition: one for one in [*sets, *_sets(firm)]}.values())
        walks = [*(fitted(one, sets) for one in walks), *_crosswalks(firm)]
        due = [*(fitted_due(one, sets) for one in due), *_obligations(firm)]
    return put_together(sets, walks, due, frameworks=frameworks)


def _sets(folder: Path) -> list[RequirementSet]:
    return read_folder(
        folder / "requirements",
        read_requirements,
        key=lambda one: " ".join(one.edition),
        at="set.framework",
    )


def _crosswalks(folder: Path) -> list[Crosswalk]:
    return read_folder(
        folder / "crosswalks", read_crosswalk, key=lambda one: one.id, at="crosswalk.id"
    )


def _obligations(folder: Path) -> list[ObligationSet]:
    return read_folder(
        folder / "obligations", read_obligations, key=lambda one: one.framework, at="framework"
    )
