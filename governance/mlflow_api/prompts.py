"""Prompts: to MLflow's registry, models with a tag that says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from governance.accounts.queries import TokenHolder
from governance.core.errors import invalid
from governance.inventory.models import Model
from governance.registry.queries.searches import PROMPT_TAG

PROMPT, MODEL = "prompt", "registered model"


def require_free_name(
    name: str, tags: Mapping[str, str], *, actor: TokenHolder, at: datetime
) -> None:
    """Raise InvalidInput (rule `unique`) where the name is a prompt's, or is asked for one.

    A name that the caller cannot see to be taken is left to the act itself.
    """
    asked = PROMPT if tags.get(PROMPT_TAG) == "true" else MODEL
    model = Model.objects.visible_to(actor, at=at).named(name).first()
    if model is None:
        return
    is_prompt = model.tags.filter(key=PROMPT_TAG, value="true").exists()
    known = PROMPT if is_prompt else MODEL
    if asked == known == PROMPT:
        raise invalid("name", "unique", f"Prompt (name={name}) already exists.")
    if asked != known:
        raise invalid(
            "name",
            "unique",
            f"Tried to create a {asked} with name '{name}', but the name is already taken by a "
            f"{known}. MLflow does not allow creating a model and a prompt with the same name.",
        )
