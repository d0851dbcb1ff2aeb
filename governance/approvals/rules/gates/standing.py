"""What holds for every move towards live traffic, whatever its policy asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from governance.accounts.rules import Role
from governance.approvals.rules.dossier import Dossier
from governance.approvals.rules.gates.artifacts import ALTERED
from governance.approvals.rules.gates.assessments import PROHIBITED
from governance.approvals.rules.gates.naming import LABELS
from governance.approvals.rules.gates.results import CheckResult, Outcome, Topic
from governance.inventory.rules import AiActClass
from governance.registry.rules import Stage

LIVE_OR_NEXT_TO_IT = (Stage.STAGING, Stage.PRODUCTION)


def standing_checks(
    dossier: Dossier, *, said: Sequence[CheckResult] = ()
) -> tuple[CheckResult, ...]:
    """Judge what holds for every move towards live traffic, whatever its policy asks for.

    Only what fails is said, and only if a check of the policy, in `said`, does not say it as
    firmly: a dossier without trouble reads as its policy has it.
    """
    if dossier.target not in LIVE_OR_NEXT_TO_IT:
        return ()
    return tuple(_failing(dossier, {check.id for check in said}))


def _failing(dossier: Dossier, said: set[str]) -> Iterator[CheckResult]:
    if dossier.version.is_altered and "artifacts_complete" not in said:
        yield CheckResult(
            id="artifacts_match",
            label=LABELS["artifacts_match"],
            outcome=Outcome.FAIL,
            measured="altered",
            required="as registered",
            sentence=ALTERED,
            about=Topic.FILES,
        )
    # Said also where the policy has a check of the class: that one people may answer for.
    if dossier.model.ai_act_class == AiActClass.PROHIBITED:
        yield CheckResult(
            id="not_prohibited",
            label=LABELS["not_prohibited"],
            outcome=Outcome.FAIL,
            measured="prohibited",
            required="not prohibited",
            sentence=PROHIBITED,
            mender=Role.MODEL_OWNER,
            about=Topic.RECORD,
        )
