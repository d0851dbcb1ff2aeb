"""Comments on a version, in the words of the databricks-sdk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from governance.mlflow_api.activities import shown_comment
from governance.mlflow_api.endpoints import Call
from governance.mlflow_api.views.versions import numbered
from governance.registry import actions as registry
from governance.registry.rules.comments import CommentNotFound


def create(call: Call) -> dict[str, Any]:
    comment = registry.comment_on_version(
        version=numbered(call), text=call.said.required("comment"), actor=call.actor, at=call.at
    )
    return {"comment": shown_comment(comment, reader=call.actor.person)}


def update(call: Call) -> dict[str, Any]:
    comment = registry.edit_comment(
        comment_id=_key(call), text=call.said.required("comment"), actor=call.actor, at=call.at
    )
    return {"comment": shown_comment(comment, reader=call.actor.person)}


def delete(call: Call) -> dict[str, Any]:
    registry.remove_comment(comment_id=_key(call), actor=call.actor, at=call.at)
    return {}


def _key(call: Call) -> UUID:
    """Return the key of the comment; whatever is none is the key of no comment."""
    text = call.said.required("id")
    try:
        return UUID(text)
    except ValueError:
        raise CommentNotFound("There is no such comment.") from None
