"""No test of this process talks to anything but this machine."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import pytest

NAMES = {"localhost", "", None}


class OutsideWorldError(AssertionError):
    """A test tried to reach another machine."""


def is_local(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else host
    if text in NAMES:
        return True
    try:
        return ipaddress.ip_address(str(text).partition("%")[0]).is_loopback
    except ValueError:
        return False


def guarded(call: Callable[..., Any], *, place: int) -> Callable[..., Any]:
    """Return `call` as it is, but that the address at `place` has to be on this machine."""

    def checked(*args: Any, **kwargs: Any) -> Any:
        address = args[place] if len(args) > place else None
        # Addresses of Unix sockets are plain text, and stay on this machine.
        host = address[0] if isinstance(address, tuple) else None
        if not is_local(host):
            raise OutsideWorldError(f"a test tried to reach {address}")
        return call(*args, **kwargs)

    return checked


def lookup(call: Callable[..., Any]) -> Callable[..., Any]:
    def checked(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_local(host):
            raise OutsideWorldError(f"a test tried to look up {host!r}")
        return call(host, *args, **kwargs)

    return checked


def block(patch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name), place=1))
    patch.setattr(socket, "getaddrinfo", lookup(socket.getaddrinfo))
