"""The image and the compose file: what can be held against the rest without a Docker engine."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OWNER = "POSTGRES_PASSWORD"
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def commands_of_run() -> set[str]:
    usage = subprocess.run(["./run", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(r"^  (\w+)  ", usage.stdout, re.M))


def test_there_is_a_web_a_worker_a_database_and_a_broker_and_what_prepares_them() -> None:
    assert set(SERVICES) == {"prepare", "web", "worker", "database", "redis"}


def test_only_what_migrates_knows_the_role_that_owns_the_tables() -> None:
    owners = {name for name, service in SERVICES.items() if OWNER in str(service)}
    assert owners == {"prepare", "database"}
    assert SERVICES["web"]["depends_on"]["prepare"] == {
        "condition": "service_completed_successfully"
    }
    urls = [
        SERVICES["prepare"]["environment"][name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
    ]
    roles = {re.findall(r"//(\w+):", url)[0] for url in urls}
    assert roles == {"countersign_portal", SERVICES["database"]["environment"]["POSTGRES_USER"]}


@pytest.mark.parametrize("service", ["web", "worker"])
def test_our_services_start_with_a_command_that_run_has(service: str) -> None:
    program, command = SERVICES[service]["command"]
    assert program == "./run"
    assert command in commands_of_run()


def test_the_image_is_set_up_and_started_by_run() -> None:
    started = json.loads(re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.M)[0])
    assert started == ["./run", "serve"]
    assert {started[1], "setup"} <= commands_of_run()
    assert "RUN ./run setup" in DOCKERFILE


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.M) == ["countersign"]


@pytest.mark.parametrize("service", ["prepare", "web", "worker"])
def test_what_our_services_are_given_is_what_the_settings_read(service: str) -> None:
    settings = (ROOT / "governance" / "settings.py").read_text()
    for variable in SERVICES[service]["environment"]:
        assert f'"{variable}"' in settings, variable


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for variable in ("SECRET_KEY", "POSTGRES_PASSWORD", "PORTAL_PASSWORD", "BASE_URL"):
        assert re.search(rf"\$\{{{variable}:\?", text), variable
        assert f"${{{variable}}}" not in text


def test_only_the_web_is_reachable_and_only_from_this_machine() -> None:
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert ports == {
        "web": ["127.0.0.1:${PORT:-8000}:8000"],
        "prepare": [],
        "worker": [],
        "database": [],
        "redis": [],
    }
