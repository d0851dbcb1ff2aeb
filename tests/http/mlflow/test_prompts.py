"""Prompts, through the client that keeps them: versions with a template, found by asking."""

from __future__ import annotations

import pytest

from governance.audit.verification import verify
from governance.registry.models import Alias
from tests.mlflow_client import MlflowClient, MlflowError
from tests.world import nothing_moves

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend]


def test_a_prompt_is_registered_named_loaded_and_found(pipeline: MlflowClient) -> None:
    first = pipeline.register_prompt(
        name="greeting", template="Hello {{name}}", commit_message="The first.", tags={"team": "x"}
    )
    assert (first["version"], first["template"]) == (1, "Hello {{name}}")
    assert pipeline.register_prompt(name="greeting", template="Hi {{name}}!")["version"] == 2
    pipeline.set_prompt_alias(name="greeting", alias="blue", version=1)
    loaded = {uri: pipeline.load_prompt(uri=f"prompts:/greeting{uri}") for uri in ("/1", "@blue")}
    assert {uri: one["template"] for uri, one in loaded.items()} == {
        "/1": "Hello {{name}}",
        "@blue": "Hello {{name}}",
    }
    assert pipeline.load_prompt(uri="prompts:/greeting@latest")["version"] == 2
    assert Alias.objects.get().version.number == 1
    assert pipeline.search_prompts() == ["greeting"]
    assert pipeline.search_registered_models() == []
    with nothing_moves(entries=["call.refused"]), pytest.raises(MlflowError) as caught:
        pipeline.set_prompt_alias(name="greeting", alias="production", version=1)
    assert caught.value.error_code == "PERMISSION_DENIED"
    assert caught.value.json["rule"] == "protected_alias"
    assert verify().intact
