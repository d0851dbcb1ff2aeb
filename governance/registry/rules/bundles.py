"""Versions that are a system around a language model: their parts, as a pipeline names them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices

from governance.core.errors import InvalidInput, Problem, invalid

BUNDLE_TAG = "countersign.bundle"
MAX_LINE = 99
"""Of each field: a provider and a name with a slash between them fit into 200 characters."""
MAX_TOOLS = 200

_SHA256 = re.compile(r"(sha256:)?([0-9a-f]{64})")


class PartKind(TextChoices):
    """Parts of a version that is a system around a language model."""

    BASE_MODEL = "BASE_MODEL", "Base model"
    ADAPTER = "ADAPTER", "Adapter"
    SYSTEM_PROMPT = "SYSTEM_PROMPT", "System prompt"
    TOOL = "TOOL", "Tool"
    RETRIEVAL_INDEX = "RETRIEVAL_INDEX", "Retrieval index"
    GUARDRAIL = "GUARDRAIL", "Guardrail"


@dataclass(frozen=True, kw_only=True)
class PartFact:
    """One part: what it is called, its author's own version of it, and its SHA-256.

    A base model of a provider has no digest that anybody could take, so its version stands for it.
    """

    kind: str
    name: str
    revision: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class _Form:
    """How one member of the tag becomes a part: the fields that name, revise and digest it."""

    kind: PartKind
    name: tuple[str, ...] = ("name",)
    revision: str = ""
    sha256: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(filter(None, (*self.name, self.revision, self.sha256)))


_FORMS = {
    "base_model": _Form(kind=PartKind.BASE_MODEL, name=("provider", "name"), revision="version"),
    "adapter": _Form(kind=PartKind.ADAPTER, sha256="sha256"),
    "system_prompt": _Form(kind=PartKind.SYSTEM_PROMPT, revision="version", sha256="sha256"),
    "tools": _Form(kind=PartKind.TOOL, sha256="sha256"),
    "retrieval_index": _Form(kind=PartKind.RETRIEVAL_INDEX, sha256="sha256"),
    "guardrails": _Form(kind=PartKind.GUARDRAIL, revision="version", sha256="sha256"),
}


def parse_bundle(text: str) -> tuple[PartFact, ...]:
    """Read the bundle tag: a JSON object of parts, `tools` a list of them, each pinned.

    Raises InvalidInput, naming each wrong field with its rule.
    """
    try:
        said = json.loads(text, object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        message = f"The tag {BUNDLE_TAG} is not JSON in which each key stands once."
        raise _wrong("", "json", message) from None
    if not isinstance(said, dict) or not said:
        message = f"The tag {BUNDLE_TAG} is an object with at least one of {', '.join(_FORMS)}."
        raise _wrong("", "object", message)
    problems = [*_unknown(said, _FORMS, "")]
    parts: list[PartFact] = []
    for place, form, entry in _entries(said, problems):
        found = [*_entry_problems(entry, form, place)]
        problems += found
        if not found:
            parts.append(_part(form, entry))
    problems += _twice(parts)
    if problems:
        raise InvalidInput(*problems)
    return tuple(parts)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entry = dict(pairs)
    if len(entry) < len(pairs):
        raise ValueError
    return entry


def _entries(said: Mapping[str, Any], problems: list[Problem]) -> Iterator[tuple[str, _Form, Any]]:
    """Yield each part with its place and form, in the order of the forms."""
    for key, form in _FORMS.items():
        if key not in said:
            continue
        if key != "tools":
            yield key, form, said[key]
        elif not isinstance(said[key], list) or not 0 < len(said[key]) <= MAX_TOOLS:
            problems.append(_problem(key, "list", f"It is a list of 1 to {MAX_TOOLS} tools."))
        else:
            for index, entry in enumerate(said[key]):
                yield f"{key}.{index}", form, entry


def _entry_problems(entry: Any, form: _Form, place: str) -> Iterable[Problem]:
    if not isinstance(entry, dict):
        yield _problem(place, "object", f"It is an object with {', '.join(form.fields)}.")
        return
    yield from _unknown(entry, form.fields, f"{place}.")
    for name in form.fields:
        value, path = entry.get(name), f"{place}.{name}"
        if not isinstance(value, str) or not value:
            yield _problem(path, "required", "It is needed, as text.")
        elif name == form.sha256:
            if not _SHA256.fullmatch(value):
                yield _problem(path, "sha256", "It is a SHA-256: 64 lower-case hex digits.")
        elif len(value) > MAX_LINE or not value.isprintable() or value != value.strip():
            yield _problem(path, "line", f"It is one line of at most {MAX_LINE} characters.")


def _part(form: _Form, entry: Mapping[str, str]) -> PartFact:
    digest = _SHA256.fullmatch(entry[form.sha256]) if form.sha256 else None
    return PartFact(
        kind=form.kind,
        name="/".join(entry[name] for name in form.name),
        revision=entry[form.revision] if form.revision else "",
        sha256=digest[2] if digest else "",
    )


def _twice(parts: Iterable[PartFact]) -> Iterator[Problem]:
    seen: set[str] = set()
    for part in parts:
        if part.kind == PartKind.TOOL and part.name in seen:
            yield _problem("tools", "once", f"The tool {part.name} stands there twice.")
        seen |= {part.name} if part.kind == PartKind.TOOL else set()


def _unknown(entry: Mapping[str, Any], known: Iterable[str], prefix: str) -> Iterator[Problem]:
    known = list(known)
    for key in entry:
        if key not in known:
            path = f"{prefix}{key}"[:100]
            yield _problem(path, "unknown", f"Only these may stand here: {', '.join(known)}.")


def _wrong(path: str, rule: str, message: str) -> InvalidInput:
    return invalid(".".join(filter(None, ("tags", BUNDLE_TAG, path))), rule, message)


def _problem(path: str, rule: str, message: str) -> Problem:
    return Problem(
        field=f"tags.{BUNDLE_TAG}.{path}", rule=rule, message=f"{BUNDLE_TAG}, {path}: {message}"
    )
