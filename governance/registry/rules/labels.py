"""What people call a version beside its number: a label in the form of Semantic Versioning."""

from __future__ import annotations

import re
from collections.abc import Mapping

from governance.core.errors import InvalidInput, NotFound, WrongState, invalid

LABEL_TAG = "countersign.label"
"""Shown to MLflow's clients as a tag; given with a registration, or by `label_version`."""

MAX_LABEL = 64

# The expression that semver.org suggests for Semantic Versioning 2.0.0.
SEMANTIC_VERSION = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
    r"(\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"
)


class LabelFixed(WrongState):
    """The version has served under its label, which therefore stays."""

    code = "label_fixed"


class LabelNotFound(NotFound):
    code = "label_not_found"


def is_label(text: str) -> bool:
    """Tell whether it is a semantic version such as `2.1.0` or `2.1.0-rc.1`."""
    return len(text) <= MAX_LABEL and SEMANTIC_VERSION.fullmatch(text) is not None


def check_label(label: str, *, field: str = "label") -> None:
    """Raise InvalidInput unless `is_label`."""
    if not is_label(label):
        message = (
            "A label is a semantic version such as 2.1.0 or 2.1.0-rc.1 (semver.org), in at most "
            f"{MAX_LABEL} characters."
        )
        raise invalid(field, "semver", message)


def label_taken(label: str, *, number: int, field: str = "label") -> InvalidInput:
    """Return the refusal of a label that another version of the model has."""
    return invalid(field, "taken", f"Version {number} of this model has the label {label} already.")


def label_from_tags(tags: Mapping[str, str]) -> str:
    """Return the label that a registration's tags give, or nothing. Raises InvalidInput."""
    if LABEL_TAG not in tags:
        return ""
    check_label(tags[LABEL_TAG], field=f"tags.{LABEL_TAG}")
    return tags[LABEL_TAG]
