"""That a version of a model is live: told by whoever moves the version, in the same act."""

from __future__ import annotations

from datetime import datetime

from governance.core.models import Record
from governance.inventory.models import Model


def note_live(model: Model, *, at: datetime) -> list[Record]:
    """Mark the locked model as live. Return it if that is news: the caller lists it."""
    return [] if model.live_since else _set(model, at)


def note_idle(model: Model) -> list[Record]:
    """Take the mark away. Return the model if that is news: the caller lists it."""
    return _set(model, None) if model.live_since else []


def _set(model: Model, since: datetime | None) -> list[Record]:
    model.live_since = since
    model.save(update_fields=["live_since"])
    return [model]
