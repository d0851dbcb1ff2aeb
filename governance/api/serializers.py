"""The shapes that the REST interface takes and gives. They check form and never save."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from governance.registry.models import EvaluationResult
from governance.registry.rules import Measurement, exact_decimal

MAX_RESULTS = 1000
DIGEST = re.compile(r"^[\w:+/=-]{1,100}\Z")


class ExactDecimalField(serializers.Field[str, Any, str, str]):
    """A number, or the text of one, kept as the decimal it was written as."""

    default_error_messages = {"decimal": "give a finite number such as 0.8225."}

    def to_internal_value(self, data: Any) -> str:
        is_number = isinstance(data, int | float | str | Decimal) and not isinstance(data, bool)
        value = exact_decimal(str(data)) if is_number else None
        if value is None:
            self.fail("decimal")
        return value

    def to_representation(self, value: str) -> str:
        return value


class ResultSerializer(serializers.Serializer[Any]):
    metric = serializers.CharField(max_length=100)
    value = ExactDecimalField()
    slice = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)


class EvaluationsSerializer(serializers.Serializer[Any]):
    """One evaluation: measured values on one data set, from one run."""

    dataset_digest = serializers.RegexField(DIGEST, required=False, default="")
    run_id = serializers.CharField(max_length=100, required=False, default="")
    measured_at = serializers.DateTimeField(required=False, default=None)
    results = ResultSerializer(many=True, allow_empty=False)

    def validate_results(self, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(results) > MAX_RESULTS:
            raise serializers.ValidationError(f"Send at most {MAX_RESULTS} results at a time.")
        return results

    def measurements(self, *, dataset_digest: str) -> list[Measurement]:
        """Return what was measured; `dataset_digest` holds where the call names no data set."""
        said = self.validated_data
        return [
            Measurement(
                dataset_digest=said["dataset_digest"] or dataset_digest,
                run_id=said["run_id"],
                measured_at=said["measured_at"],
                **result,
            )
            for result in said["results"]
        ]


def evaluation(result: EvaluationResult) -> dict[str, Any]:
    return {
        "id": str(result.pk),
        "metric": result.metric,
        "value": result.value,
        "slice": result.slice,
        "source": result.source,
        "dataset_digest": result.dataset_digest,
        "run_id": result.run_id,
        "measured_at": result.measured_at,
        "received_at": result.received_at,
    }
