"""Views of lists that people keep: what they may be called, and how many there may be."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import TextChoices

from governance.core.errors import InvalidInput, NotFound, Problem, invalid

MAX_VIEW_NAME = 60
MAX_QUERY = 2000
MOST_VIEWS = 20
"""Of each list; they stand side by side as tabs."""


class Listing(TextChoices):
    """What a view is of."""

    INVENTORY = "INVENTORY", "Inventory"
    AUDIT = "AUDIT", "Audit log"


class ViewNotFound(NotFound):
    code = "view_not_found"


def view_problems(name: str, query: str) -> Iterable[Problem]:
    """Check a view that is to be kept; the name is stripped."""
    if not name:
        yield Problem(field="name", rule="required", message="Enter a name for the view.")
    elif len(name) > MAX_VIEW_NAME:
        message = f"Use at most {MAX_VIEW_NAME} characters for the name."
        yield Problem(field="name", rule="length", message=message)
    elif not name.isprintable():
        message = "A name holds no character that cannot be seen."
        yield Problem(field="name", rule="visible", message=message)
    if not query:
        message = "Narrow or sort the list first: the whole of it has a view already."
        yield Problem(field="query", rule="required", message=message)
    elif len(query) > MAX_QUERY:
        message = "This view names too many values to be kept."
        yield Problem(field="query", rule="length", message=message)


def view_taken(name: str) -> InvalidInput:
    return invalid("name", "unique", f"You have a view called {name} already.")


def too_many_views() -> InvalidInput:
    message = f"You keep {MOST_VIEWS} views, the most there may be: delete one first."
    return invalid("name", "count", message)


def not_in_unit(name: str) -> InvalidInput:
    message = f"You hold no role in {name}, so you share nothing with it."
    return invalid("unit", "role", message)
