"""Real requests to the admin, by each of the cast, and an answer that never leaves the policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from governance.accounts.models import User
from tests.factories import Cast, make_cast

INLINE = re.compile(
    rb"<style|\sstyle=|\son[a-z]+=|href=\"?javascript:|<script(?![^>]*\ssrc=)", re.IGNORECASE
)


class Visitor:
    """A person at a browser. Every page they are shown keeps the content security policy."""

    def __init__(self, user: User | None) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def get(self, path: str, **query: str) -> Any:
        return self._kept(self.client.get(path, query))

    def post(self, path: str, /, **data: Any) -> Any:
        return self._kept(self.client.post(path, data))

    def _kept(self, response: HttpResponse) -> HttpResponse:
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]
        if response.content and response["Content-Type"].startswith("text/html"):
            assert response.content.lstrip().startswith(b"<!doctype html>")
            assert not INLINE.search(response.content), INLINE.search(response.content)
        return response


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(at=timezone.now())


@pytest.fixture
def visit() -> Callable[[User | None], Visitor]:
    return Visitor
