"""The examination of the demo: who examines, what was opened, and what was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from governance.accounts.actions import create_user
from governance.accounts.models import Unit, User
from governance.accounts.queries import CONSOLE
from governance.core.wording import as_date
from governance.demo.people import email_of, read
from governance.evidence.actions.examining import (
    answer_information_request,
    assign_information_request,
    raise_information_request,
    record_view,
)
from governance.inventory.actions.examinations import open_examination
from governance.inventory.models import Model
from governance.registry.models import ModelVersion

Person = Callable[[str], User]


def examine(units: Mapping[str, Unit], *, examiner: User, person: Person, now: datetime) -> None:
    """Have an examiner read two models and ask twice: one answer is there, the other is late."""
    said = read("examinations.yaml")
    models = {model.name: model for model in Model.objects.filter(name__in=said["models"])}
    start = _ago(now, said)
    open_examination(
        title=said["title"],
        authority=said["authority"],
        unit=units[said["unit"]],
        examiners=[examiner],
        models=list(models.values()),
        starts_at=start,
        ends_at=start + timedelta(days=said["for_days"]),
        actor=person(said["by"]),
        at=start,
    )
    examiner.refresh_from_db()
    for one in said["viewed"]:
        model = models.get(one.get("model", ""))
        at = _ago(now, one)
        record_view(page=one["page"], path=_path(one), model=model, actor=examiner, at=at)
    for one in said["requests"]:
        _ask(one, models[one["model"]], examiner, opener=person(said["by"]), person=person, now=now)


def let_in(units: Mapping[str, Unit], *, at: datetime) -> User:
    """Give the examiner an account, which holds no role."""
    data = read("people.yaml")
    entry = data["examiners"][read("examinations.yaml")["examiner"]]
    return create_user(
        email=email_of(entry["name"]),
        name=entry["name"],
        password=data["password"],
        unit=units[entry["unit"]],
        actor=CONSOLE,
        at=at,
        is_demo=True,
        is_own_password=True,
    )


def _ask(
    said: Mapping[str, Any],
    model: Model,
    examiner: User,
    *,
    opener: User,
    person: Person,
    now: datetime,
) -> None:
    at = _ago(now, said)
    request = raise_information_request(
        subject=said["subject"],
        question=said["question"],
        model=model,
        page=f"/models/{model.name}/" if "about" in said else "",
        wished_date=as_date(at + timedelta(days=said["wished_after"])),
        actor=examiner,
        at=at,
    )
    to = person(said["to"])
    assign_information_request(request_id=request.pk, assignee=to, actor=opener, at=at)
    if answered := said.get("answered"):
        versions = ModelVersion.objects.filter(model=model, number__in=answered["versions"])
        answer_information_request(
            request_id=request.pk,
            text=answered["text"],
            attached=[version.ref for version in versions],
            actor=to,
            at=_ago(now, answered),
        )


def _path(said: Mapping[str, Any]) -> str:
    if "model" not in said:
        return "/"
    card = f"versions/{said['version']}/card/" if "version" in said else ""
    return f"/models/{said['model']}/{card}"


def _ago(now: datetime, said: Mapping[str, Any]) -> datetime:
    return now - timedelta(days=said["days_ago"])
