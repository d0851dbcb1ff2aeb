"""What people and pipelines say about a version, apart from every decision on it."""

from __future__ import annotations

from governance.core.errors import InvalidInput, NotAllowed, NotFound, invalid

MAX_COMMENT = 10_000


class CommentNotFound(NotFound):
    code = "comment_not_found"


class NotTheAuthor(NotAllowed):
    """Only who wrote a comment changes it or takes it back."""

    code = "not_the_author"


def comment_problem(text: str) -> InvalidInput | None:
    """Return what is wrong with the text, if anything is."""
    if not text.strip():
        return invalid("comment", "required", "Write a comment.")
    if len(text) > MAX_COMMENT:
        return invalid("comment", "length", f"A comment has at most {MAX_COMMENT} characters.")
    return None
