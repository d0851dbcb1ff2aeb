"""The shape of a model's scope of rules."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from governance.inventory.models import Model, RuleScope
from governance.inventory.queries.scopes import Computed
from governance.inventory.rules.frameworks import Answer, Applicability, seen_on


def rules_body(model: Model, scope: RuleScope | Computed, *, on: date) -> dict[str, Any]:
    """The scope as it looks on that day; of one that is not on record, number and time are null."""
    row = scope if isinstance(scope, RuleScope) else None
    return {
        "model": model.name,
        "number": row.number if row else None,
        "computed_at": row.computed_at if row else None,
        "cause": row.cause if row else None,
        "digest": scope.digest,
        "catalogue_digest": scope.catalogue_digest,
        "facts": json.loads(scope.facts_text),
        "frameworks": [_framework(one, on) for one in seen_on(scope.answers, on)],
    }


def _framework(one: Applicability, on: date) -> dict[str, Any]:
    head = {"framework": one.answer.framework, "name": one.answer.name}
    earlier = [_answer(answer, on) for answer in one.earlier]
    return head | _answer(one.answer, on) | {"earlier": earlier}


def _answer(answer: Answer, on: date) -> dict[str, Any]:
    return {
        "version": answer.version,
        "answer": answer.status.value,
        "timing": answer.timing(on).value,
        "from": answer.from_date,
        "until": answer.until,
        "because": answer.because or None,
        "citation": answer.citation or None,
        "parts": [
            {
                "from": part.from_date,
                "what": part.what,
                "citation": part.citation,
                "unknown": list(part.unknown),
            }
            for part in answer.parts
        ],
        "unknown": list(answer.unknown),
    }
