"""What a model is, how risky, and what its record must say before any version may move."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from django.db.models import IntegerChoices, TextChoices

from governance.core.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    Problem,
    Refused,
    WrongState,
    invalid,
)
from governance.core.typed import is_plain


class Tier(IntegerChoices):
    """Risk tier; Tier 1 is the highest risk."""

    ONE = 1, "Tier 1 (critical)"
    TWO = 2, "Tier 2 (high)"
    THREE = 3, "Tier 3 (medium)"
    FOUR = 4, "Tier 4 (low)"


class Kind(TextChoices):
    CLASSIFICATION = "CLASSIFICATION", "Classification"
    REGRESSION = "REGRESSION", "Regression"
    RANKING = "RANKING", "Ranking or recommendation"
    FORECAST = "FORECAST", "Forecast"
    ANOMALY = "ANOMALY", "Anomaly detection"
    GENERATIVE = "GENERATIVE", "Generative or agentic"
    RULES = "RULES", "Rules or scorecard"
    OTHER = "OTHER", "Other"


class Origin(TextChoices):
    """Where a record's subject comes from: what is no code of ours is a record too."""

    IN_HOUSE = "IN_HOUSE", "In-house model"
    VENDOR = "VENDOR", "Vendor model"
    SPREADSHEET = "SPREADSHEET", "Spreadsheet"
    RULE_SET = "RULE_SET", "Rule set"
    OTHER_TOOL = "OTHER_TOOL", "Other tool"


class AiActClass(TextChoices):
    """What Regulation (EU) 2024/1689, as amended by (EU) 2026/1744, makes of the system."""

    PROHIBITED = "PROHIBITED", "Prohibited practice"
    HIGH_RISK_ANNEX_I_A = "HIGH_RISK_ANNEX_I_A", "High risk, product under Annex I Section A"
    HIGH_RISK_ANNEX_I_B = "HIGH_RISK_ANNEX_I_B", "High risk, product under Annex I Section B"
    HIGH_RISK_ANNEX_III = "HIGH_RISK_ANNEX_III", "High risk, area of Annex III"
    HIGH_RISK_ANNEX_I_A_AND_III = (
        "HIGH_RISK_ANNEX_I_A_AND_III",
        "High risk, Annex I Section A and Annex III",
    )
    NOT_HIGH_RISK_DEROGATION = "NOT_HIGH_RISK_DEROGATION", "Not high risk, by derogation"
    GPAI_SYSTEMIC = "GPAI_SYSTEMIC", "General-purpose model with systemic risk"
    GPAI = "GPAI", "General-purpose model"
    GPAI_FOSS = "GPAI_FOSS", "General-purpose model, free and open source"
    TRANSPARENCY_ONLY = "TRANSPARENCY_ONLY", "Transparency duties only"
    MINIMAL = "MINIMAL", "Minimal risk"
    OUT_OF_SCOPE = "OUT_OF_SCOPE", "AI system outside the regulation"
    OUT_OF_SCOPE_FOSS = "OUT_OF_SCOPE_FOSS", "Outside the regulation, free and open source"
    NOT_AI_SYSTEM = "NOT_AI_SYSTEM", "No AI system"

    @classmethod
    def barred(cls) -> AiActClass:
        """The class of what nobody may use."""
        return cls.PROHIBITED


class Capacity(TextChoices):
    """In which capacity a person has had a hand in building or owning a model."""

    OWNER = "OWNER", "Owner"
    DEVELOPER = "DEVELOPER", "Developer"


class ModelNotFound(NotFound):
    code = "model_not_found"


class NotTheOwner(NotAllowed):
    """Somebody else owns the record."""

    code = "not_the_owner"


class RecordChanged(WrongState):
    """The record is not the one that was on the editor's screen."""

    code = "record_changed"


class InventoryIncomplete(Refused):
    """The inventory record lacks what every decision rests on."""

    code = "inventory_incomplete"


class NotAModel(Refused):
    """It is on record as a tool that is no model, of which no version moves."""

    code = "not_a_model"


REQUIRED = {
    "owner": "an owner",
    "purpose": "a purpose",
    "intended_use": "an intended use",
    "kind": "a kind",
    "tier": "a risk tier",
}
"""What every record says, in words. Of a tool that is no model, no tier is asked."""

MAX_NAME = 255
MAX_PROSE = 4_000
MOST_JURISDICTIONS = 60
PARTICULARS = {
    "excluded_use": ("excluded use", MAX_PROSE),
    "products": ("products", 500),
    "inputs": ("inputs", MAX_PROSE),
    "outputs": ("outputs", MAX_PROSE),
    "users": ("users", 1_000),
    "overlays": ("overlays", MAX_PROSE),
    "limitations": ("limitations", MAX_PROSE),
    "restrictions": ("restrictions on use", MAX_PROSE),
    "vendor_name": ("vendor", 200),
    "vendor_product": ("vendor’s product", 200),
    "vendor_release": ("vendor’s release", 100),
    "contract_reference": ("contract", 100),
}
"""The texts of a record beside purpose and intended use: its words, and how long it may be."""
DATES = ("contract_end_date", "first_use_date")
"""The days of a record that its owner sets."""
_JURISDICTION = re.compile(r"[A-Z]{2}")
_NAME = re.compile(r"[^\x00-\x1f\x7f/:]+")


def name_problems(name: str) -> Iterable[Problem]:
    """Check a registered-model name: MLflow's rule, so that every client can address it."""
    if not name.strip():
        yield Problem(field="name", rule="required", message="Enter a name.")
    elif len(name) > MAX_NAME:
        yield Problem(
            field="name", rule="length", message=f"Use at most {MAX_NAME} characters for the name."
        )
    elif not _NAME.fullmatch(name) or name.strip(".") == "":
        yield Problem(
            field="name",
            rule="characters",
            message="A name has no slash, colon or control character, and is not only dots.",
        )
    elif name != name.strip() or not name.isprintable():
        # Two names that look alike are one name to whoever signs.
        yield Problem(
            field="name",
            rule="visible",
            message="A name begins and ends with a visible character, and hides none within.",
        )


def class_problems(ai_act_class: str, *, reason: str, before: str) -> Iterable[Problem]:
    """Check the class under the EU AI Act that is to follow the one before."""
    field = "ai_act_class"
    if ai_act_class and ai_act_class not in AiActClass.values:
        message = "Choose one of the classes of the EU AI Act."
        yield Problem(field=field, rule="choice", message=message)
    if before and not ai_act_class:
        message = "A class under the EU AI Act once set cannot be cleared."
        yield Problem(field=field, rule="required", message=message)
    if ai_act_class not in {"", before} and not reason.strip():
        message = "Say why the system has this class under the EU AI Act."
        yield Problem(field="ai_act_reason", rule="required", message=message)


def jurisdiction_problems(codes: Sequence[str]) -> Iterable[Problem]:
    wrong = [code for code in codes if not _JURISDICTION.fullmatch(code)]
    if wrong:
        message = f"{wrong[0]!r} is no two-letter code in capitals, such as DE, US or EU."
        yield Problem(field="jurisdictions", rule="code", message=message)
    if len(set(codes)) > MOST_JURISDICTIONS:
        message = f"Name at most {MOST_JURISDICTIONS} jurisdictions."
        yield Problem(field="jurisdictions", rule="count", message=message)


def text_problems(texts: Mapping[str, str]) -> Iterable[Problem]:
    """Check the particulars of a record: what no column could hold, and what is too long."""
    for field, text in texts.items():
        words, most = PARTICULARS[field]
        if not is_plain(text):
            message = f"Take the control characters out of the {words}."
            yield Problem(field=field, rule="plain", message=message)
        elif len(text) > most:
            message = f"Use at most {most} characters for the {words}."
            yield Problem(field=field, rule="length", message=message)


def name_taken(name: str) -> InvalidInput:
    return invalid("name", "unique", f"Registered Model (name={name}) already exists.")


def tracking_problems(uri: str, *, allowed: Sequence[str]) -> Iterable[Problem]:
    """Check the address of a tracking server: only listed hosts, so that no edit of a record
    makes the portal call into the network behind it."""
    parts = urlsplit(uri)
    if parts.scheme not in {"http", "https"} or parts.username or parts.query or parts.fragment:
        yield Problem(
            field="tracking_uri",
            rule="url",
            message="Enter an http(s) address without credentials.",
        )
    elif parts.netloc not in allowed:
        yield Problem(
            field="tracking_uri",
            rule="allowed_host",
            message=f"{parts.netloc} is not among the tracking servers that this portal may ask. "
            "Its operator lists them in TRACKING_HOSTS.",
        )
