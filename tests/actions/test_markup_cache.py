"""A long text is rendered once; what somebody else put into the cache is never shown."""

from __future__ import annotations

from django.core.cache import cache
from django.core.signing import Signer

from governance.core.canonical import sha256_hex
from governance.core.markup import CACHE_PREFIX, rich_text

TEXT = "**Bold** and plain.\n\n" * 200
KEY = f"{CACHE_PREFIX}:3:{sha256_hex(TEXT.encode())}"


def test_a_long_text_is_found_again_as_it_was_rendered() -> None:
    cache.clear()
    first = rich_text(TEXT)
    assert first == Signer(salt=KEY).unsign(cache.get(KEY))
    assert rich_text(TEXT) == first
    assert "<strong>Bold</strong>" in first


def test_what_is_not_signed_for_this_text_is_rendered_anew() -> None:
    first = rich_text(TEXT)
    for forged in ("<script>x</script>", Signer(salt="rich:1:other").sign("<b>x</b>"), 7):
        cache.set(KEY, forged)
        assert rich_text(TEXT) == first
