"""The tag that states lineage in full, read strictly: every field has a rule, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

from governance.core.errors import invalid
from governance.registry.rules.lineage import (
    MAX_LABEL,
    MAX_SNAPSHOT,
    MAX_VALUE,
    DataPurpose,
    ParentRelation,
)

LINEAGE_TAG = "countersign.lineage"
COMMITTER = "committer"
"""An e-mail address, which becomes a reference to a person and is kept nowhere."""
MAX_COMMIT = 100
MAX_ITEMS = 100
MAX_PARAMETERS = 500
MAX_COUNT = 2**53 - 1
IMAGE = re.compile(r"[^\s@]{1,400}@sha256:[0-9a-f]{64}")
ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,189}")
# Names stand as keys in canonical JSON, which takes ASCII only.
PARAMETER = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,98}[\x21-\x7e])?")
NUMBER = re.compile(r"[1-9][0-9]{0,8}")

Reader = Callable[[Any, str], Any]


def parse_lineage(text: str) -> dict[str, Any]:
    """Read the lineage tag as it will stand in the registration, and so in its digest.

    Only a committer's address stands neither here nor there: see `stated_committer`.
    Raises InvalidInput naming the field, such as `tags.countersign.lineage.datasets.0.digest`.
    """
    return {key: value for key, value in _said(text).items() if key != COMMITTER}


def stated_committer(tags: Mapping[str, str]) -> str:
    """Return the address of the committer that the tags name, or "". Raises InvalidInput."""
    return str(_said(tags[LINEAGE_TAG]).get(COMMITTER, "")) if LINEAGE_TAG in tags else ""


def without_committer(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags as they may be kept: an address is personal data. Raises InvalidInput."""
    if not stated_committer(tags):
        return dict(tags)
    said = {key: value for key, value in json.loads(tags[LINEAGE_TAG]).items() if key != COMMITTER}
    return {**tags, LINEAGE_TAG: json.dumps(said, ensure_ascii=False)}


def _said(text: str) -> dict[str, Any]:
    field = f"tags.{LINEAGE_TAG}"
    try:
        value = json.loads(text, object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        message = f"The tag {LINEAGE_TAG} is not JSON in which each key stands once."
        raise invalid(field, "json", message) from None
    said: dict[str, Any] = _LINEAGE(value, field)
    return said


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse what two readers could read differently."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _object(readers: Mapping[str, Reader], *, required: Collection[str] = ()) -> Reader:
    def read(value: Any, field: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise invalid(field, "object", f"{field}: give an object with {', '.join(readers)}.")
        for key in value:
            if key not in readers:
                # A name that somebody made up may hold what cannot be printed.
                name, known = ascii(key)[1:61].strip("'"), ", ".join(readers)
                message = f"{field}: {name} is not known here. Known are {known}."
                raise invalid(f"{field}.{name}", "unknown", message)
        for key in required:
            if key not in value:
                raise invalid(f"{field}.{key}", "required", f"{field}: {key} is missing.")
        return {
            key: reader(value[key], f"{field}.{key}")
            for key, reader in readers.items()
            if key in value
        }

    return read


def _list(reader: Reader) -> Reader:
    def read(value: Any, field: str) -> list[Any]:
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise invalid(field, "list", f"{field}: give a list of at most {MAX_ITEMS}.")
        return [reader(item, f"{field}.{index}") for index, item in enumerate(value)]

    return read


def _line(longest: int) -> Reader:
    def read(value: Any, field: str) -> str:
        fits = isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()
        if not fits or not value.strip():
            message = f"{field}: give one line of text of at most {longest} characters."
            raise invalid(field, "text", message)
        return str(value)

    return read


def _count(value: Any, field: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_COUNT:
        raise invalid(field, "count", f"{field}: give a whole number that is not negative.")
    return value


def _number(value: Any, field: str) -> int:
    """A version's number; MLflow's client holds it as text."""
    text = str(value) if type(value) in {int, str} else ""
    if not NUMBER.fullmatch(text):
        raise invalid(field, "number", f"{field}: give the number of a version, such as 3.")
    return int(text)


def _choice(choices: type[DataPurpose] | type[ParentRelation]) -> Reader:
    def read(value: Any, field: str) -> str:
        if not isinstance(value, str) or value.upper() not in choices.values:
            raise invalid(field, "choice", f"{field}: give one of {', '.join(choices.values)}.")
        return value.upper()

    return read


def _relation(value: Any, field: str) -> str:
    """A copy is what its source says: said here, it could be of something else."""
    relation: str = _choice(ParentRelation)(value, field)
    if relation == ParentRelation.COPIED:
        message = f"{field}: a copy is registered with the source models:/NAME/NUMBER."
        raise invalid(field, "choice", message)
    return relation


def _day(value: Any, field: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise invalid(field, "date", f"{field}: give a day such as 2025-12-31.") from None


def _period(value: Any, field: str) -> dict[str, str]:
    period: dict[str, str] = _object({"from": _day, "to": _day})(value, field)
    if not period:
        raise invalid(field, "required", f"{field}: give from, to, or both.")
    if len(period) == 2 and period["from"] > period["to"]:
        raise invalid(field, "order", f"{field}: a period does not end before it starts.")
    return period


def _image(value: Any, field: str) -> str:
    if not isinstance(value, str) or not IMAGE.fullmatch(value) or not value.isprintable():
        message = f"{field}: pin the image by its digest, such as registry/image@sha256:…; a tag "
        raise invalid(field, "pinned", message + "can be moved to another image.")
    return value


def _address(value: Any, field: str) -> str:
    if not isinstance(value, str) or not ADDRESS.fullmatch(value) or not value.isprintable():
        raise invalid(field, "email", f"{field}: give the e-mail address of a person here.")
    return value


def _parameters(value: Any, field: str) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > MAX_PARAMETERS:
        message = f"{field}: give an object of name to text, at most {MAX_PARAMETERS}."
        raise invalid(field, "object", message)
    line = _line(MAX_VALUE)
    for name in value:
        if not PARAMETER.fullmatch(name):
            message = f"{field}: a name has at most 100 characters of ASCII, not {ascii(name)[:60]}"
            raise invalid(field, "name", f"{message}.")
    return {name: line(text, f"{field}.{name}") for name, text in sorted(value.items())}


_DATASET = _object(
    {
        "name": _line(MAX_LABEL),
        "digest": _line(MAX_SNAPSHOT),
        "rows": _count,
        "period": _period,
        "purpose": _choice(DataPurpose),
    },
    required=("name", "digest"),
)
_PARENT = _object(
    {"model": _line(MAX_LABEL), "version": _number, "relation": _relation},
    required=("model", "version"),
)
_CODE = _object(
    {"name": _line(MAX_LABEL), "digest": _line(MAX_SNAPSHOT)}, required=("name", "digest")
)
_LINEAGE = _object(
    {
        "datasets": _list(_DATASET),
        "parents": _list(_PARENT),
        "feature_code": _list(_CODE),
        "container_image": _image,
        "parameters": _parameters,
        "git_commit": _line(MAX_COMMIT),
        COMMITTER: _address,
    }
)
