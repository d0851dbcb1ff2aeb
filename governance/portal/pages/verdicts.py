"""The sentence that opens a decision, and what a signature would lead to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case
from governance.approvals.queries.chairs import Chair
from governance.approvals.rules.judgement import Decision, Judgement, RequestState
from governance.core.wording import counted, day, few
from governance.portal.pages.policy_words import need_word
from governance.registry.rules import Move, Stage


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`label` is the badge over the title, `mark` what a screen reader hears of the glyph."""

    tone: str
    icon: str
    label: str
    title: str
    text: str
    mark: str


def title_of(request: PromotionRequest) -> str:
    """Say in an imperative what is asked for."""
    version, target = request.version, request.goal
    name = version.model.name
    match Move(request.move):
        case Move.ROLLED_BACK:
            return f"Roll {name} back to version {version.number}"
        case Move.ARCHIVED:
            return f"Archive version {version.number} of {name}"
        case Move.DEMOTED:
            return f"Move version {version.number} of {name} back to {target}"
        case Move.EMERGENCY:
            return f"Promote version {version.number} of {name} in an emergency"
        case Move.CONFIRMED:
            return f"Confirm version {version.number} of {name} in service"
        case Move.SHARED:
            return f"Give version {version.number} of {name} {target}"
        case _:
            return f"Promote version {version.number} of {name} to {target}"


def missing_words(judgement: Judgement) -> str:
    """`one validator and two approvers`: who has yet to sign."""
    parts = [need_word(state.need, state.missing) for state in judgement.missing_needs]
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def open_verdict(case: Case, *, for_reader: bool) -> Verdict:
    """Say how an open request stands: held by checks, waiting for people, or neither."""
    judgement = case.judgement
    signed = sum(len(state.given) for state in judgement.needs)
    needed = sum(state.need.count for state in judgement.needs)
    if unmet := judgement.unmet_checks:
        return Verdict(
            tone="bad",
            icon="cross",
            label=f"Held by {counted(len(unmet), 'check')}",
            title=_held(len(unmet), len(judgement.checks)),
            text=" ".join(check.sentence for check in unmet[:3])
            + " Nobody can approve until this is met.",
            mark="Not ready",
        )
    if judgement.missing_needs:
        return Verdict(
            tone="ink",
            icon="sign",
            label=f"Waiting for {needed - signed} of {counted(needed, 'signature')}",
            title=_ready(judgement, for_reader=for_reader),
            text=f"{_checks_pass(judgement)} {_still(judgement)} {prospect(case)}",
            mark="Ready to decide",
        )
    return Verdict(
        tone="ok",
        icon="check",
        label="Nothing outstanding",
        title="Nothing stands against it",
        text="Every check passes and no signature is missing. It takes effect as soon as the "
        "requester asks again.",
        mark="Ready",
    )


def _held(unmet: int, total: int) -> str:
    return (
        f"Not ready: {unmet} of {counted(total, 'check')} {'is' if unmet == 1 else 'are'} not met"
    )


def _ready(judgement: Judgement, *, for_reader: bool) -> str:
    title = "Ready for your decision" if for_reader else "Ready to decide"
    count = len(judgement.excused_checks)
    if not count:
        return title
    return f"{title}, with {counted(count, 'failing check')} to judge"


def _checks_pass(judgement: Judgement) -> str:
    count, excused = len(judgement.checks), judgement.excused_checks
    if excused:
        names = ", ".join(f"“{check.label}”" for check in excused)
        return f"{count - len(excused)} of {counted(count, 'check')} pass; {names} may fail."
    return {0: "The policy asks for no automated check.", 1: "The one check passes."}.get(
        count, f"All {few(count)} checks pass."
    )


def _still(judgement: Judgement) -> str:
    people = missing_words(judgement)
    verb = "has" if sum(state.missing for state in judgement.missing_needs) == 1 else "have"
    return f"{people[:1].upper()}{people[1:]} {verb} yet to sign."


def prospect(case: Case) -> str:
    """Say what happens once everything is given."""
    dossier, number = case.dossier, case.version.number
    if dossier.target != Stage.PRODUCTION:
        return f"Then version {number} goes to {Stage(dossier.target).label}."
    if dossier.share:
        return f"Then version {number} answers {dossier.share} percent of {case.slot}."
    if dossier.incumbent:
        return f"Then version {number} replaces version {dossier.incumbent.number}."
    return f"Then version {number} goes live; nothing serves in {case.slot} yet."


def stranded_verdict(message: str) -> Verdict:
    return Verdict(
        tone="warn",
        icon="alert",
        label="No policy applies",
        title="Nobody can decide this now",
        text=message,
        mark="Blocked",
    )


def closed_verdict(request: PromotionRequest, *, decider: str, replaced: int | None) -> Verdict:
    """Say how a closed request ended."""
    version = f"Version {request.version.number}"
    if request.standing == RequestState.OVERTAKEN:
        now = Stage(request.version.stage).label
        text = f"{version} went to {now} by another way, so there is nothing left to decide here."
        return _closed("mute", "minus", "Overtaken", "Overtaken by another move", text)
    assert request.closed_at is not None
    when = day(request.closed_at)
    reason = f"“{request.closed_reason}”" if request.closed_reason else "No reason is on record."
    match RequestState(request.state):
        case RequestState.DONE:
            went = f"{version} went to {request.goal} on {when}"
            gone = None if request.share else replaced
            instead = f" and replaced version {gone}." if gone else "."
            word = "Rolled back" if request.move == Move.ROLLED_BACK else "Approved"
            return _closed("ok", "check", word, f"{word} on {when}", went + instead)
        case RequestState.RETURNED:
            title = f"Returned for changes by {decider}"
            return _closed("warn", "override", "Returned for changes", title, reason)
        case RequestState.REJECTED:
            return _closed("bad", "cross", "Rejected", f"Rejected by {decider}", reason)
        case _:
            return _closed("mute", "minus", "Withdrawn", f"Withdrawn by {decider}", reason)


def _closed(tone: str, icon: str, label: str, title: str, text: str) -> Verdict:
    return Verdict(tone=tone, icon=icon, label=label, title=title, text=text, mark=label)


def consequence(case: Case, decision: Decision) -> str:
    """Say what this signature would do, before it is given."""
    version, stage = f"version {case.version.number}", Stage(case.version.stage).label
    if decision == Decision.RETURN:
        return (
            f"The request closes and goes back for changes. {version.capitalize()} stays {stage}."
        )
    if decision == Decision.REJECT:
        return (
            f"The request closes as rejected. {version.capitalize()} stays {stage}, and the same "
            "facts cannot be asked for again."
        )
    others = sum(state.missing for state in case.judgement.missing_needs) - 1
    if others > 0:
        return f"Nothing moves yet: after yours, {counted(others, 'signature')} will be missing."
    return _last_signature(case)


def _last_signature(case: Case) -> str:
    dossier, number = case.dossier, case.version.number
    if dossier.target != Stage.PRODUCTION:
        return f"Yours is the last signature: version {number} goes to {dossier.target.title()}."
    if dossier.share:
        live = f"{dossier.share} percent of {case.slot}"
        return f"Yours is the last signature: version {number} answers {live} at once."
    gone = dossier.incumbent
    retired = f" Version {gone.number} is archived in the same moment." if gone else ""
    return (
        f"Yours is the last signature: version {number} goes live in {case.slot} at once.{retired}"
    )


def vacancy(chair: Chair) -> str:
    """Say who could take a place that is still empty."""
    names: Sequence[str] = [person.name for person in chair.candidates]
    if not names:
        return "Nobody who holds this role may sign here"
    return f"{', '.join(names[:3])}{' and others' if len(names) > 3 else ''} could sign"
