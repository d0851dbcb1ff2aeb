"""Reading the file of a framework: its form, what no schema can say, and its worked cases."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.strict_yaml import strict_content
from governance.inventory.rules.frameworks import lint
from governance.inventory.rules.frameworks.cases import case_problems
from governance.inventory.rules.frameworks.catalogue import Catalogue, catalogue_from
from governance.inventory.rules.frameworks.facts import DATA, MAX_TEXT
from governance.inventory.rules.frameworks.form import checked_form, refuse
from governance.inventory.rules.frameworks.frameworks import Framework, framework_from

FOLDER = DATA / "frameworks"


def read_framework(text: str) -> Framework:
    """Return the framework that the YAML text states.

    Refused is what does not fit the schema, what contradicts itself, and what gives another answer
    for one of its worked cases than it says. Raises InvalidInput naming each wrong place.
    """
    content = checked_form(strict_content(text, noun="framework", longest=MAX_TEXT))
    refuse(lint.problems(content))
    framework = framework_from(content)
    refuse(case_problems(content, framework))
    return framework


@cache
def read_catalogue(own: str = "") -> Catalogue:
    """Return the frameworks that come with the portal and those of the folder `own`.

    A file of the firm takes the place of a shipped one of the same id. Raises InvalidInput with
    the name of the file before each wrong place.
    """
    shipped = _read_folder(FOLDER)
    return catalogue_from([*shipped, *(_read_folder(Path(own)) if own else ())])


def _read_folder(folder: Path) -> list[Framework]:
    found: dict[str, Framework] = {}
    for path in sorted(folder.glob("*.yaml")):
        framework = _read_file(path)
        if framework.id in found:
            said = f"Two files of this folder are of {framework.id}."
            raise invalid(f"{path.name}: framework.id", "unique", said)
        found[framework.id] = framework
    return list(found.values())


def _read_file(path: Path) -> Framework:
    try:
        return read_framework(path.read_text(encoding="utf-8"))
    except InvalidInput as refused:
        raise InvalidInput(*(_within(path, one) for one in refused.problems)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise invalid(path.name, "readable", f"It cannot be read as text: {error}.") from None


def _within(path: Path, one: Problem) -> Problem:
    return Problem(field=f"{path.name}: {one.field}", rule=one.rule, message=one.message)
