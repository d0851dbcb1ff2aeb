"""Promotion requests and comments in the words of the databricks-sdk: its activities."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from governance.accounts.models import User
from governance.approvals.models import PromotionRequest
from governance.mlflow_api.links import decision_link
from governance.mlflow_api.parsing import STAGE_NAMES
from governance.mlflow_api.presentation import filled, milliseconds
from governance.registry.models import VersionComment
from governance.registry.queries.comments import standing_comments
from governance.registry.rules import Stage


class Activity(StrEnum):
    REQUESTED = "REQUESTED_TRANSITION"
    REJECTED = "REJECTED_REQUEST"
    CANCELLED = "CANCELLED_REQUEST"


def shown_comment(comment: VersionComment, *, reader: User) -> dict[str, Any]:
    own = ["EDIT_COMMENT", "DELETE_COMMENT"] if comment.author == reader else []
    return filled(
        id=str(comment.pk),
        comment=str(comment.body),
        user_id=comment.author.email,
        creation_timestamp=milliseconds(comment.written_at),
        last_updated_timestamp=milliseconds(comment.edited_at or comment.written_at),
        available_actions=own,
    )


def shown_request(request: PromotionRequest, *, actions: Iterable[str]) -> dict[str, Any]:
    """Show a request as the answer to who opened it; `link` and `id` are ours."""
    return filled(
        id=str(request.pk),
        user_id=request.requested_by.email,
        to_stage=STAGE_NAMES[Stage(request.target)],
        comment=comment_that_came_with(request),
        creation_timestamp=milliseconds(request.opened_at),
        available_actions=list(actions),
        link=decision_link(request.pk),
    )


def requested(request: PromotionRequest, *, actions: Iterable[str]) -> dict[str, Any]:
    """Show an open request as the activity that opened it."""
    return shown_request(request, actions=actions) | filled(
        activity_type=Activity.REQUESTED,
        from_stage=STAGE_NAMES[Stage(request.source)],
        last_updated_timestamp=milliseconds(request.opened_at),
        system_comment=f"{request.reference} in the slot {request.slot}. Read and decide at "
        f"{decision_link(request.pk)}",
    )


def closed(request: PromotionRequest, activity: Activity, *, by: User) -> dict[str, Any]:
    """Show the activity that closed a request."""
    assert request.closed_at is not None
    return filled(
        id=str(request.pk),
        activity_type=activity,
        user_id=by.email,
        from_stage=STAGE_NAMES[Stage(request.source)],
        to_stage=STAGE_NAMES[Stage(request.target)],
        comment=str(request.closed_reason or ""),
        creation_timestamp=milliseconds(request.closed_at),
        last_updated_timestamp=milliseconds(request.closed_at),
        link=decision_link(request.pk),
    )


def comment_that_came_with(request: PromotionRequest) -> str:
    """Return what its author wrote in the same call; a request itself holds no words."""
    comments = standing_comments().filter(
        version=request.version_id, author=request.requested_by_id, written_at=request.opened_at
    )
    first = comments.first()
    return str(first.body) if first else ""
