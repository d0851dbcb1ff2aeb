"""Two people wrote in one section: what each of them changed, seen from what both started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from governance.core.diffs import diff_lines
from governance.core.typed import tidy
from governance.portal.pages.card_editor import EditPage
from governance.portal.pages.changes import Change


@dataclass(frozen=True, kw_only=True)
class Merge:
    """`who` saved `theirs` while the reader typed `mine`; each as its difference to the start.

    `both` is the one text that keeps the changes of both, where they touch different paragraphs;
    else None, and a person decides.
    """

    who: str
    theirs: Change
    mine: Change
    their_text: str
    both: str | None


def merge_of(posted: Mapping[str, str], page: EditPage) -> Merge:
    """Compare what was sent with what stands there now."""
    before, mine = tidy(posted.get("was", "")), tidy(posted.get(page.part.section.key, ""))
    theirs = page.part.text
    saved = page.draft.saved
    return Merge(
        who=saved.edited_by.name if saved else "",
        theirs=_change(page, before, theirs),
        mine=_change(page, before, mine),
        their_text=theirs,
        both=merged(before, mine, theirs),
    )


def _change(page: EditPage, before: str, after: str) -> Change:
    lines = diff_lines(before, after)
    note = "" if lines else "nothing in the text"
    return Change(title=page.part.section.title, note=note, lines=lines)


def merged(before: str, mine: str, theirs: str) -> str | None:
    """Return the text with the changes of both, paragraph by paragraph; None where both changed
    the same paragraph, or either added or removed one.
    """
    start, one, other = (text.split("\n\n") for text in (before, mine, theirs))
    if not len(start) == len(one) == len(other):
        return None
    parts = []
    for old, a, b in zip(start, one, other, strict=True):
        if a != b and old not in (a, b):
            return None
        parts.append(b if a == old else a)
    return "\n\n".join(parts)
