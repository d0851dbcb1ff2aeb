"""What the demo says of its models beside their versions: records, feeders, a retirement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from typing import Any

from governance.accounts.models import User
from governance.approvals.actions.retirements import retire_model
from governance.demo.people import read
from governance.inventory.actions import ModelRecord, add_feeder, define_field
from governance.inventory.models import Model
from governance.inventory.rules import DATES, FieldDefinition

Person = Callable[[str], User]
RETENTION = timedelta(days=4_000)


def define_fields(*, administrator: User, at: datetime) -> None:
    """Have the firm ask what it wants to know beside what every record says."""
    for said in read("records.yaml")["fields"]:
        key = said["key"]
        definition = FieldDefinition(**{k: v for k, v in said.items() if k != "key"})
        define_field(key=key, definition=definition, actor=administrator, at=at)


def record_of(entry: Mapping[str, Any], *, person: Person, now: datetime) -> ModelRecord:
    """What the owner says of a model; tier and class are assessed."""
    return ModelRecord(
        purpose=entry["purpose"],
        intended_use=entry["intended_use"],
        kind=entry["kind"],
        owner=person(entry["owner"]),
        developers=[person(key) for key in entry["developers"]],
        jurisdictions=entry.get("jurisdictions", ()),
        **particulars(entry["name"], person=person, now=now),
    )


def particulars(name: str, *, person: Person, now: datetime) -> dict[str, Any]:
    """Return what the data says of a record; of a date, in how many days from today it is."""
    said = dict(read("records.yaml")["records"].get(name, {}))
    for key in DATES:
        if key in said:
            said[key] = (now + timedelta(days=said[key])).date()
    if "validator" in said:
        said["validator"] = person(said["validator"])
    return said


def tie(models: Mapping[str, Model], *, now: datetime) -> None:
    """Say what feeds what, each as the owner of the model that is fed."""
    for one in read("records.yaml")["feeds"]:
        consumer = models[one["to"]]
        add_feeder(
            consumer=consumer,
            feeder=models[one["from"]],
            flows=one["flows"],
            since_date=(now - timedelta(days=one["days_ago"])).date(),
            actor=_owner(consumer),
            at=now - timedelta(hours=7),
        )


def consumers_first(names: Iterable[str]) -> Iterator[str]:
    """Return each before what feeds it: the tier of a model rests on those of its consumers."""
    sorter = TopologicalSorter({name: [] for name in names})
    for one in read("records.yaml")["feeds"]:
        sorter.add(one["from"], one["to"])
    yield from sorter.static_order()


def retire(models: Mapping[str, Model], *, now: datetime) -> None:
    """Say what is out of use, each as its owner: the last act on a record, which is frozen then."""
    for name, one in read("records.yaml")["retired"].items():
        retire_model(
            model=models[name],
            reason=one["reason"],
            replacement=models.get(one.get("replacement", "")),
            retention_end_date=(now + RETENTION).date(),
            actor=_owner(models[name]),
            at=now - timedelta(hours=7),
        )


def _owner(model: Model) -> User:
    owner = model.owner
    assert owner is not None
    return owner
