"""Say what a candidate policy would have made of what was decided, and of what serves."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from governance.approvals.models import PromotionRequest
from governance.approvals.queries.rehearsals import (
    MOST,
    LiveVersion,
    PastDecision,
    Rehearsal,
    a_year_before,
    rehearsal_of,
)
from governance.approvals.rules.policies import read_policy
from governance.approvals.rules.rehearsal import Rehearsed
from governance.core.canonical import digest, timestamp
from governance.core.commands import DomainCommand, text_of
from governance.core.wording import counted
from governance.inventory.models import Model


class Command(DomainCommand):
    help = (
        "Judge past decisions and live versions by the policy that a YAML file states, as if it "
        "were in force. Reads only: nothing is proposed, kept or entered. "
        "Exit code 0: nothing would come out differently; 1: something would; 2: bad input."
    )
    refused = 2

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the policy, as YAML")
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="decisions of this day and later; a year back unless given",
        )
        parser.add_argument(
            "--most", type=int, default=MOST, help="read at most so many, newest first"
        )
        parser.add_argument("--json", action="store_true", help="print everything as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        found = rehearsal_of(
            read_policy(text_of(options["file"])),
            models=Model.objects.all(),
            since=options["since"] or a_year_before(at),
            at=at,
            most=options["most"],
        )
        if options["json"]:
            facts = as_facts(found) | {"at": timestamp(at)}
            self.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(report(found)))
        if found.would_differ:
            sys.exit(1)


def report(found: Rehearsal) -> Iterator[str]:
    """The report, line by line."""
    candidate = found.trial.candidate
    yield f"{candidate.title} ({candidate.key})"
    yield f"sha256 {digest(candidate.content)}"
    yield ""
    yield found.summary
    yield from _section("Decisions that would come out differently", found.differing)
    yield from _section("Refused by people, though every check would pass", found.refused_by_people)
    yield from _section("Live versions that would be out of policy", found.out_of_policy)
    yield ""
    yield from cautions(found)


def _section(title: str, rows: Iterable[PastDecision | LiveVersion]) -> Iterator[str]:
    for index, row in enumerate(rows):
        if not index:
            yield f"\n{title}"
        yield f"  {row}\n    {row.rehearsed.sentence}\n    {_address(row.request)}"


def cautions(found: Rehearsal) -> Iterator[str]:
    """What a reader of the result must know."""
    if found.is_cut:
        yield f"There is more: only {counted(found.most, 'row')} of each kind were read."
    yield from found.cautions


def _address(request: PromotionRequest) -> str:
    return f"{settings.BASE_URL}/decisions/{request.pk}/"


def as_facts(found: Rehearsal) -> dict[str, Any]:
    """Everything that was judged, for programs: what differs, and what does not."""
    candidate = found.trial.candidate
    return {
        "policy": {"key": candidate.key, "digest": digest(candidate.content)},
        "since": found.since.isoformat(),
        "summary": found.summary,
        "most": found.most,
        "is_cut": found.is_cut,
        "decisions": [
            _facts(one.request, one.rehearsed)
            | {"state": one.request.state, "facts_of_now": one.is_supplemented}
            for one in found.decisions
        ],
        "live": [
            _facts(one.request, one.rehearsed)
            | {"slot": one.assignment.slot.name, "role": one.assignment.role}
            for one in found.live
        ],
    }


def _facts(request: PromotionRequest, rehearsed: Rehearsed) -> dict[str, Any]:
    return {
        "model": request.version.model.name,
        "version": request.version.number,
        "request": request.ref,
        "reference": request.reference,
        "dossier": request.decided_digest,
        "falls_under": rehearsed.applied.key,
        "effect": rehearsed.effect.value,
        "objections": list(rehearsed.objections),
        "unmet": [check.facts() for check in rehearsed.unmet],
    }
