"""Which addresses are of the public internet, and which receivers may be named at all."""

from __future__ import annotations

import pytest

from governance.core.errors import InvalidInput
from governance.jobs.rules import destination_of, is_public, pause_after
from governance.registry.rules.webhooks import EVENTS, GOVERNANCE_EVENTS, example_of

PUBLIC = ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
NOT_PUBLIC = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:a00:1::1",
    "fc00::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_private_and_special_addresses_are_not(address: str) -> None:
    assert not is_public(address)


def test_a_listed_host_may_be_private_and_speak_http_at_its_port_alone() -> None:
    listed = ["10.0.0.5:8080", "Hooks.internal:443"]
    there = destination_of("http://10.0.0.5:8080", listed=listed)
    assert (there.scheme, there.host, there.port, there.path, there.listed) == (
        "http",
        "10.0.0.5",
        8080,
        "/",
        True,
    )
    assert destination_of("https://hooks.internal/x?y=z", listed=listed).path == "/x?y=z"
    for url in ("http://10.0.0.5", "http://10.0.0.5:81", "http://hooks.internal:443@evil.example"):
        with pytest.raises(InvalidInput):
            destination_of(url, listed=listed)


def test_the_pauses_grow_and_end() -> None:
    pauses = [pause_after(attempts) for attempts in range(1, 9)]
    given = [pause for pause in pauses if pause is not None]
    assert given == sorted(given)
    assert pauses[-1] is None


def test_every_event_that_can_happen_has_an_example() -> None:
    told = (EVENTS | set(GOVERNANCE_EVENTS)) - {"budget_policy.exceeded"}
    assert all(example_of(event)["name"] for event in told)
    assert example_of("registered_model.created") == {
        "name": "example_model",
        "tags": {"example_key": "example_value"},
        "description": "An example registered model",
    }
