"""The frameworks that the portal knows: versions, rules in words, and which models are in scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.paginator import Page, Paginator

from governance.accounts.models import User
from governance.core.wording import as_date, full_day
from governance.inventory.firm import adopted, catalogue
from governance.inventory.models import Model, ModelQuerySet, RuleScope
from governance.inventory.queries.scopes import framework_named, scope_counts, scopes_naming
from governance.inventory.rules.frameworks import (
    Answer,
    Framework,
    FrameworkKind,
    FrameworkVersion,
    Rule,
    Status,
    said,
    seen_on,
)
from governance.portal.pages.framework_obligations import DueRow, due_by
from governance.portal.pages.requirements import Asked, asked_by, count_asked
from governance.portal.pages.rule_words import condition_words

PAGE_SIZE = 50
KINDS = {
    FrameworkKind.LAW: "Law",
    FrameworkKind.GUIDANCE: "Guidance",
    FrameworkKind.STANDARD: "Standard, by the choice of the firm",
    FrameworkKind.CHOICE: "By the choice of the firm",
}


@dataclass(frozen=True, kw_only=True)
class RuleWords:
    rule: Rule
    condition: str
    said: str


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One version, and where the day lies to it: in force, ahead or ended."""

    version: FrameworkVersion
    look: tuple[str, str, str]
    validity: str

    @property
    def rules(self) -> list[RuleWords]:
        rules = self.version.rules
        return [
            RuleWords(rule=rule, condition=_condition(rule, among=len(rules)), said=_said(rule))
            for rule in rules
        ]


@dataclass(frozen=True, kw_only=True)
class FrameworkRow:
    framework: Framework
    kind: str
    versions: Sequence[VersionRow]
    successor: Framework | None
    superseded: Sequence[Framework]
    adopted: str
    applying: int
    unknown: int

    @property
    def current(self) -> VersionRow:
        """The version that counts on the day, else the first to come, else the last."""
        rows = [row for row in self.versions if row.look[2] != "Ended"]
        return rows[0] if rows else self.versions[-1]

    @property
    def asks(self) -> int:
        """How many requirements that version has, as far as a file says it."""
        return count_asked(self.framework.id, self.current.version)


@dataclass(frozen=True, kw_only=True)
class InScope:
    """A model of which the framework speaks, and what it says."""

    model: Model
    answer: Answer
    said: str


@dataclass(frozen=True, kw_only=True)
class FrameworkPage:
    """One framework, what each of its versions asks for as far as a file says it, and models."""

    row: FrameworkRow
    asked: Mapping[str, Asked]
    due: Sequence[DueRow]
    models: Sequence[InScope]
    page: Page[RuleScope]


def framework_list(*, reader: User, at: datetime) -> list[FrameworkRow]:
    """Every framework, with how many of the models that the reader may see are in its scope."""
    counts = scope_counts(_seen(reader, at))
    return [_row(one, counts.get(one.id, (0, 0)), as_date(at)) for one in catalogue().frameworks]


def framework_page(key: str, *, reader: User, at: datetime, number: str) -> FrameworkPage:
    """Read one framework and a page of its models. Raises FrameworkNotFound."""
    framework, models, today = framework_named(key), _seen(reader, at), as_date(at)
    counts = scope_counts(models).get(key, (0, 0))
    page = Paginator(scopes_naming(key, models), PAGE_SIZE).get_page(number)
    return FrameworkPage(
        row=_row(framework, counts, today),
        asked=asked_by(key, framework.versions),
        due=due_by(key),
        models=[_in_scope(scope, key, today) for scope in page.object_list],
        page=page,
    )


def _seen(reader: User, at: datetime) -> ModelQuerySet:
    return Model.objects.visible_to(reader, at=at).present()


def _row(framework: Framework, counts: tuple[int, int], today: date) -> FrameworkRow:
    known, chosen = catalogue(), adopted()
    return FrameworkRow(
        framework=framework,
        kind=KINDS[framework.kind],
        versions=[_version(one, today) for one in framework.versions],
        successor=known.successor_of(framework.id),
        superseded=[one for key in framework.supersedes if (one := known.named(key))],
        adopted=_adopted(chosen[framework.id]) if framework.id in chosen else "",
        applying=counts[0],
        unknown=counts[1],
    )


def _adopted(day: date | None) -> str:
    return f"The firm follows it from {full_day(day)} on." if day else "The firm follows it."


def _version(version: FrameworkVersion, today: date) -> VersionRow:
    begins, ends = full_day(version.from_date), version.until and full_day(version.until)
    if version.has_ended(today):
        look, validity = ("mute", "minus", "Ended"), f"from {begins} until {ends}"
    elif version.from_date > today:
        look, validity = ("warn", "clock", "Ahead"), f"from {begins}"
    else:
        look, validity = ("ok", "check", "In force"), f"since {begins}"
        validity += f", until {ends}" if ends else ""
    return VersionRow(version=version, look=look, validity=validity)


def _condition(rule: Rule, *, among: int) -> str:
    if not rule.when:
        return "Always" if among == 1 else "Otherwise"
    return f"If {condition_words(rule.when)}"


def _in_scope(scope: RuleScope, key: str, today: date) -> InScope:
    answers = (one for one in scope.answers if one.framework == key)
    answer = next(iter(seen_on(answers, today))).answer
    return InScope(model=scope.model, answer=answer, said=said(answer))


def _said(rule: Rule) -> str:
    """`Applies`, with the day if the rule gives one."""
    if rule.answer != Status.APPLIES:
        return "Does not apply"
    if rule.by_adoption:
        return "Applies from the day the firm took it on"
    return f"Applies from {full_day(rule.from_date)}" if rule.from_date else "Applies"
