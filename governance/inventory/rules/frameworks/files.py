"""Reading the file of a framework: its form, what no schema can say, and its worked cases."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.strict_yaml import strict_content
from governance.inventory.rules.frameworks import lint
from governance.inventory.rules.frameworks.cases import case_problems
from governance.inventory.rules.frameworks.catalogue import Catalogue, catalogue_from
from governance.inventory.rules.frameworks.facts import DATA, MAX_TEXT
from governance.inventory.rules.frameworks.form import checked_form, refuse
from governance.inventory.rules.frameworks.frameworks import Framework, framework_from

FOLDER = DATA / "frameworks"
Stated = TypeVar("Stated")


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
    folders = [FOLDER, Path(own)] if own else [FOLDER]
    return catalogue_from(
        one
        for folder in folders
        for one in read_folder(folder, read_framework, key=lambda one: one.id, at="framework.id")
    )


def read_folder(
    folder: Path, read: Callable[[str], Stated], *, key: Callable[[Stated], str], at: str
) -> list[Stated]:
    """Return what the files of the folder state, in the order of their names; of each key one.

    Raises InvalidInput with the name of the file before each wrong place; `at` is where a file
    says its key.
    """
    found: dict[str, Stated] = {}
    for path in sorted(folder.glob("*.yaml")):
        one = _read_file(path, read)
        if key(one) in found:
            said = f"Two files of this folder are of {key(one)}."
            raise invalid(f"{path.name}: {at}", "unique", said)
        found[key(one)] = one
    return list(found.values())


def _read_file(path: Path, read: Callable[[str], Stated]) -> Stated:
    try:
        return read(path.read_text(encoding="utf-8"))
    except InvalidInput as refused:
        raise InvalidInput(*(_within(path, one) for one in refused.problems)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise invalid(path.name, "readable", f"It cannot be read as text: {error}.") from None


def _within(path: Path, one: Problem) -> Problem:
    return Problem(field=f"{path.name}: {one.field}", rule=one.rule, message=one.message)
