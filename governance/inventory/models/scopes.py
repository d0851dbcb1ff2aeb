"""Which frameworks applied to a model by which facts: rows are only added."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from governance.core.models import Record
from governance.inventory.models.records import Model
from governance.inventory.rules import ScopeCause
from governance.inventory.rules.frameworks import Answer, answers_from


class RuleScopeQuerySet(models.QuerySet["RuleScope"]):
    def latest_only(self) -> RuleScopeQuerySet:
        """Keep the newest of each model."""
        newer = RuleScope.objects.filter(model=OuterRef("model"), number__gt=OuterRef("number"))
        return self.filter(~Exists(newer))


class RuleScope(Record):
    """What the frameworks said of a model at some time, and the facts that they said it by.

    `result_text` holds the answers of every version of every framework; what counts on a day is
    told from them. `applying` and `unknown` name, with a space around each, the frameworks of
    which the last version applies, and those of which it is unknown, so that lists need not read
    the results.
    """

    REF = "rule_scope"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="rule_scopes")
    number = models.PositiveIntegerField()
    facts_text = models.TextField()
    result_text = models.TextField()
    applying = models.TextField()
    unknown = models.TextField()
    catalogue_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    cause = models.CharField(max_length=12, choices=ScopeCause.choices)
    computed_at = models.DateTimeField()

    objects = RuleScopeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "number"], name="rule_scope_number_once_per_model"
            ),
            models.CheckConstraint(
                condition=Q(cause__in=ScopeCause.values), name="rule_scope_cause_is_known"
            ),
        ]

    @property
    def facts(self) -> dict[str, Any]:
        return dict(json.loads(self.facts_text))

    @property
    def answers(self) -> tuple[Answer, ...]:
        return answers_from(self.result_text)
