"""The audit log as CSV: its entries as they are filtered, newest first, all pages of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from governance.audit.lines import AT_ONCE
from governance.audit.models import LedgerEntry
from governance.audit.queries import Filter, entries
from governance.audit.rules import Source
from governance.core.canonical import timestamp
from governance.inventory.models import Model
from governance.portal.pages.audit import actor_choices

Names = Mapping[str, str]
Columns = Mapping[str, Callable[[LedgerEntry, Names], str]]
COLUMNS: Columns = {
    "Time (UTC)": lambda entry, names: timestamp(entry.at),
    "Stream": lambda entry, names: entry.stream_name,
    "Number": lambda entry, names: str(entry.seq),
    "Model": lambda entry, names: names.get(entry.stream_name, ""),
    "Verb": lambda entry, names: entry.verb,
    "Subject": lambda entry, names: entry.subject,
    "Who": lambda entry, names: names.get(entry.actor, ""),
    "Actor": lambda entry, names: entry.actor,
    "Came in through": lambda entry, names: Source(entry.source).label,
    "Request": lambda entry, names: entry.request_id,
    "Facts": lambda entry, names: json.dumps(entry.facts, ensure_ascii=False, sort_keys=True),
    "Hash": lambda entry, names: entry.hash,
    "Previous hash": lambda entry, names: entry.previous,
}


def csv_rows(wanted: Filter) -> Iterator[Sequence[str]]:
    """Yield the head of the file, then a row for each entry, in flat memory.

    All names are read before the first row, so the queries do not grow with the entries; only
    what the filter lets through is named.
    """
    yield list(COLUMNS)
    names = dict(actor_choices()) | _models(wanted)
    rows = entries(wanted).newest_first().iterator(chunk_size=AT_ONCE)
    for entry in rows:
        yield [column(entry, names) for column in COLUMNS.values()]


def _models(wanted: Filter) -> dict[str, str]:
    models = Model.objects.only("name")
    if wanted.streams is not None:
        prefix = f"{Model.REF}:"
        keys = [one.removeprefix(prefix) for one in wanted.streams if one.startswith(prefix)]
        models = models.filter(pk__in=keys)
    return {model.stream: model.name for model in models.iterator(chunk_size=AT_ONCE)}
