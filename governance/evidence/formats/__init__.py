"""Evidence in the forms that other tools read, made of the evidence document of a pack alone.

Equal evidence gives equal bytes: nothing in them says who took them, or when.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from governance.core.canonical import canonical
from governance.evidence.formats.archive import archive
from governance.evidence.formats.bills import bill_of
from governance.evidence.formats.oscal import assessment_results


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form: the end of the file's name, what it is, how it is sent, and how it is made."""

    ending: str
    words: str
    media_type: str
    make: Callable[[bytes], bytes]


def _oscal(evidence: bytes) -> bytes:
    return canonical(assessment_results(evidence)).encode()


def _bill(evidence: bytes) -> bytes:
    return canonical(bill_of(json.loads(evidence))).encode()


def _archive(evidence: bytes) -> bytes:
    made = {"oscal-assessment-results.json": _oscal(evidence), "cyclonedx.json": _bill(evidence)}
    return archive(evidence, made)


FORMS: Mapping[str, Form] = {
    "zip": Form(
        ending="zip",
        words="Everything as JSON and CSV, with both forms below and the verifier",
        media_type="application/zip",
        make=_archive,
    ),
    "oscal": Form(
        ending="oscal.json",
        words="OSCAL 1.1.3 assessment results: observations, no verdict",
        media_type="application/json",
        make=_oscal,
    ),
    "cyclonedx": Form(
        ending="cdx.json",
        words="CycloneDX 1.6: the versions with the digests of their files",
        media_type="application/vnd.cyclonedx+json; version=1.6",
        make=_bill,
    ),
}
"""By the word in the address."""
