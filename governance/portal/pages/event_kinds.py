"""The kinds of acts by which the audit log is narrowed."""

from __future__ import annotations

from governance.audit.rules import Verb
from governance.portal.pages.events_of_examinations import EXAMINATION_VERBS

KINDS: dict[str, tuple[str, frozenset[str]]] = {
    "signatures": ("Signatures", frozenset(v.value for v in Verb if v.value.endswith(".signed"))),
    "stages": (
        "Stage changes",
        frozenset(
            {
                Verb.SLOT_SHARED,
                Verb.VERSION_PROMOTED,
                Verb.VERSION_PROMOTED_IN_EMERGENCY,
                Verb.APPROVAL_LAPSED,
                Verb.VERSION_CONFIRMED,
                Verb.VERSION_ARCHIVED,
                Verb.VERSION_DEMOTED,
                Verb.VERSION_ROLLED_BACK,
            }
        ),
    ),
    "requests": (
        "Requests",
        frozenset(v.value for v in Verb if v.value.startswith(("request.", "check.", "override."))),
    ),
    "cards": ("Model cards", frozenset(v.value for v in Verb if v.value.startswith("card."))),
    "validation": (
        "Validation and findings",
        frozenset(v.value for v in Verb if v.value.startswith(("validation.", "finding."))),
    ),
    "policies": (
        "Policies and questionnaires",
        frozenset(v.value for v in Verb if v.value.startswith(("policy.", "questionnaire."))),
    ),
    "upkeep": (
        "Changes, reviews, attestations, waivers",
        frozenset(
            v.value
            for v in Verb
            if v.value.startswith(
                ("attestation.", "campaign.", "model_change.", "review.", "waiver.")
            )
        ),
    ),
    "examinations": ("Examinations", EXAMINATION_VERBS),
    "registry": (
        "Inventory and registry",
        frozenset(
            v.value
            for v in Verb
            if v.value.startswith(
                (
                    "alias.",
                    "class.",
                    "comment.",
                    "dependency.",
                    "deployment.",
                    "evaluation.",
                    "field.",
                    "import.",
                    "model.",
                    "scope.",
                    "slot.",
                    "tier.",
                    "tier_override.",
                    "version.",
                    "webhook.",
                )
            )
        ),
    ),
    "access": (
        "Access",
        frozenset(
            v.value
            for v in Verb
            if v.value.startswith(
                (
                    "authenticator.",
                    "delegation.",
                    "password.",
                    "role.",
                    "service.",
                    "token.",
                    "unit.",
                    "user.",
                )
            )
        ),
    ),
    "personal": (
        "Personal data",
        frozenset(v.value for v in Verb if v.value.startswith(("hold.", "person.", "prose."))),
    ),
    "evidence": (
        "Evidence and ledger",
        frozenset(
            v.value
            for v in Verb
            if v.value.startswith(
                (
                    "checkpoint.",
                    "coverage.",
                    "evidence.",
                    "ledger.",
                    "pack.",
                    "population.",
                    "requirement.",
                    "sample.",
                )
            )
        ),
    ),
    "alarms": ("Alarms of the ledger", frozenset({Verb.ALARM_RAISED, Verb.ALARM_SETTLED})),
    "refusals": ("Refused attempts", frozenset({Verb.CALL_REFUSED.value})),
}
"""The facet "kind" of the audit log: key → (label, verbs)."""
