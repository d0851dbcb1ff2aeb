"""The addresses of evidence: coverage, what was filed, packs, examinations. See `links`."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from governance.approvals.models import PromotionRequest
from governance.evidence.models import FiledEvidence, InformationRequest, Pack
from governance.inventory.models import Examination, Model
from governance.portal import links
from governance.registry.models import ModelVersion


def examination(row: Examination) -> str:
    return f"/examinations/{row.pk}/"


def examination_views(row: Examination) -> str:
    return f"{examination(row)}views.csv"


def information_request(row: InformationRequest) -> str:
    return f"/information-requests/{row.pk}/"


def ask_about_page(path: str) -> str:
    """Where an examiner asks about a page that they were shown."""
    return f"/information-requests/new/?{urlencode({'page': path})}"


def pack(row: Pack) -> str:
    return f"/evidence/{row.pk}/"


def target(row: Model | ModelVersion | PromotionRequest | Pack) -> str:
    """The page of a record that an answer names."""
    match row:
        case Model():
            return links.model(row)
        case ModelVersion():
            return links.version(row)
        case PromotionRequest():
            return links.decision(row)
        case Pack():
            return pack(row)


def coverage(framework: str = "") -> str:
    """Which requirement has which evidence, over all models."""
    return f"/compliance/?framework={quote(framework)}" if framework else "/compliance/"


def coverage_of(framework: str, name: str = "") -> str:
    """One framework for the model of that name; without one, for the firm."""
    return f"/compliance/{quote(framework)}/" + (f"{quote(name)}/" if name else "")


def coverage_by_model(row: Model) -> str:
    """Every framework that asks something of the model."""
    return f"{links.model(row)}coverage/"


def file_evidence(row: Model | None, requirement: str = "") -> str:
    """The form by which evidence is filed of a model; without one, of the firm."""
    asked = {"model": row.name} if row else {}
    query = urlencode(asked | ({"requirement": requirement} if requirement else {}))
    return "/evidence/filed/new/" + (f"?{query}" if query else "")


def exclude(row: Model, requirement: str) -> str:
    """The form by which somebody states that a requirement does not apply to a model."""
    return f"{coverage_by_model(row)}exclude/?{urlencode({'requirement': requirement})}"


def include(row: Model, requirement: str) -> str:
    """Where such a statement is taken back."""
    return f"{coverage_by_model(row)}include/?{urlencode({'requirement': requirement})}"


def filed(row: FiledEvidence) -> str:
    return filed_by_key(str(row.pk))


def filed_by_key(key: str) -> str:
    return f"/evidence/filed/{key}/"


def filed_file(row: FiledEvidence) -> str:
    return f"{filed(row)}file"


def withdraw_filed(row: FiledEvidence) -> str:
    return f"{filed(row)}withdraw/"


def filed_list(row: Model | None) -> str:
    return "/evidence/filed/" + (f"?{urlencode({'model': row.name})}" if row else "")
