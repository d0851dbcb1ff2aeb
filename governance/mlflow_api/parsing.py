"""What a call says: the query of a GET, the JSON body of anything else, in MLflow's own terms."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from governance.core.errors import InvalidInput, invalid
from governance.registry.rules import Stage, VersionNotFound

SEE = "See the API docs for more information about request parameters."
INTEGER = re.compile(r"-?[0-9]+")
# No version has a greater number; a database would refuse even to look for one.
MAX_VERSION = 2**31 - 1
TAG_KEY = re.compile(r"[\w.\-@ :/]+")
MAX_TAG_KEY = 250
MAX_TAG_VALUE = 100_000
MAX_TAGS = 1_000
"""Each is a row, written while nobody else can write."""

STAGE_NAMES = {
    Stage.DRAFT: "None",
    Stage.STAGING: "Staging",
    Stage.PRODUCTION: "Production",
    Stage.ARCHIVED: "Archived",
}
_STAGES = {name.lower(): stage for stage, name in STAGE_NAMES.items()}


def stage_named(text: str) -> Stage:
    """Return the stage that MLflow so names, in whatever case. Raises InvalidInput."""
    stage = _STAGES.get(text.lower())
    if stage is None:
        known = ", ".join(STAGE_NAMES.values())
        message = f"Invalid Model Version stage: {text}. Value must be one of {known}."
        raise invalid("stage", "choice", message)
    return stage


@dataclass(frozen=True)
class Parameters:
    """The parameters of a call; each reader raises InvalidInput in MLflow's words."""

    values: Mapping[str, Any]

    def optional(self, name: str) -> str | None:
        """Return a text, or None when it was not given."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise _wrong_type(name, value)
        if value is not None and not _is_storable(value):
            raise _wrong_value(name, value, "it holds a character that cannot be stored.")
        return value

    def text(self, name: str) -> str:
        return self.optional(name) or ""

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value.strip():
            raise invalid(name, "required", f"Missing value for required parameter '{name}'. {SEE}")
        return value

    def flag(self, name: str) -> bool:
        value = self.values.get(name, False)
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise _wrong_type(name, value)
        return value

    def texts(self, name: str) -> list[str]:
        value = self.values.get(name) or []
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _wrong_type(name, value)
        return value

    def count(self, name: str, *, default: int, most: int) -> int:
        """Return how many rows a page may hold."""
        text = str(self.values.get(name, default))
        if not INTEGER.fullmatch(text) or len(text) > 18 or int(text) < 1:
            message = f"Invalid value for {name}. It must be a positive integer, but got "
            raise invalid(name, "integer", message + text[:100])
        if int(text) > most:
            message = f"Invalid value for request parameter {name}. It must be at most {most}, "
            raise invalid(name, "maximum", f"{message}but got value {text}")
        return int(text)

    def version(self) -> int:
        """Return the number. Raises InvalidInput, or VersionNotFound for one beyond all numbers."""
        text = self.required("version")
        if not INTEGER.fullmatch(text):
            message = f"Parameter 'version' must be an integer, got '{text[:100]}'."
            raise invalid("version", "integer", message)
        if len(text) > 10 or int(text) > MAX_VERSION:
            name = self.text("name")
            raise VersionNotFound(f"Model Version (name={name}, version={text[:100]}) not found")
        return int(text)

    def tag(self) -> tuple[str, str]:
        """Return key and value; an empty value is a value, an absent one is not."""
        key, value = self.tag_key(), self.optional("value")
        if value is None:
            raise invalid(
                "value", "required", f"Missing value for required parameter 'value'. {SEE}"
            )
        if len(value) > MAX_TAG_VALUE:
            raise _too_long("value", MAX_TAG_VALUE)
        return key, value

    def tag_key(self) -> str:
        key = self.required("key")
        if len(key) > MAX_TAG_KEY:
            raise _too_long("key", MAX_TAG_KEY)
        if not TAG_KEY.fullmatch(key):
            hint = (
                "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), "
                "spaces ( ), colons (:), at signs (@) and slashes (/)."
            )
            raise _wrong_value("key", key, hint)
        if key in {".", ".."} or key.startswith(("/", "../")) or posixpath.normpath(key) != key:
            hint = f"As a path this name would resolve to {posixpath.normpath(key)!r}."
            raise _wrong_value("key", key, hint)
        return key

    def tags(self) -> dict[str, str]:
        """Return the tags of a create call; a key given twice keeps its last value."""
        items = self.objects("tags")
        if len(items) > MAX_TAGS:
            raise invalid("tags", "length", f"Give at most {MAX_TAGS} tags at a time.")
        return dict(item.tag() for item in items)

    def objects(self, name: str) -> list[Parameters]:
        """Return a list of objects, each with parameters of its own; none when not given."""
        items = self.values.get(name) or []
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise _wrong_type(name, items)
        return [Parameters(item) for item in items]


def parse(request: HttpRequest) -> Parameters:
    """Read the call's parameters. Raises InvalidInput.

    databricks-sdk sends those of a DELETE in the query, MLflow's client in the body: both hold.
    """
    query = {name: values if len(values) > 1 else values[0] for name, values in request.GET.lists()}
    if request.method == "GET":
        return Parameters(query)
    return Parameters(query | _body(request))


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        value = json.loads(request.body or b"{}")
        # Old clients encode twice.
        value = json.loads(value) if isinstance(value, str) else value
    except RequestDataTooBig:
        raise invalid("", "length", "The body is larger than this server takes.") from None
    except (ValueError, RecursionError):
        raise invalid("", "json", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise invalid("", "object", "The body is not a JSON object.")
    return value


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any(0xD800 <= ord(char) <= 0xDFFF for char in text)


def _too_long(name: str, limit: int) -> InvalidInput:
    return invalid(name, "length", f"'{name}' exceeds the maximum length of {limit} characters")


def _wrong_type(name: str, value: object) -> InvalidInput:
    return _wrong_value(name, value, f"Hint: Value was of type '{type(value).__name__}'. {SEE}")


def _wrong_value(name: str, value: object, hint: str) -> InvalidInput:
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"))[:200]
    message = f"Invalid value {shown} for parameter '{name}' supplied: {hint}"
    return invalid(name, "type", message)
