"""Files in S3, in the buckets that the operator lists, through fsspec. Credentials are those of the
process, in the ways that Amazon's own tools read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import fsspec
from botocore.exceptions import BotoCoreError
from django.conf import settings

from governance.registry.reading.bounds import CHUNK, Budget
from governance.registry.rules import ArtifactFact, SourceUnreadable

PATIENCE = {"connect_timeout": 10, "read_timeout": 30, "retries": {"max_attempts": 2}}


def place_in(source: str, buckets: Sequence[str]) -> str:
    """Return `bucket/key` of `s3://bucket/key`. Raises SourceUnreadable unless it is listed."""
    place = source.partition("://")[2].strip("/")
    if not any(place == listed or place.startswith(f"{listed}/") for listed in buckets):
        raise SourceUnreadable("It lies in no bucket that this portal may read (ARTIFACT_BUCKETS).")
    return place


def read_bucket(source: str, *, buckets: Sequence[str], budget: Budget) -> list[ArtifactFact]:
    """Return the digests of the objects below a key, or of the one object that it names."""
    place = place_in(source, buckets)
    try:
        return list(_read(_store(), place, budget))
    except (BotoCoreError, OSError) as error:
        raise SourceUnreadable(f"S3 does not give its files: {error}") from error


def _store() -> Any:
    # Neither the instance nor a listing of it is shared: a check reads what is there now.
    return fsspec.filesystem(
        "s3",
        endpoint_url=settings.S3_ENDPOINT_URL or None,
        config_kwargs=PATIENCE,
        use_listings_cache=False,
        skip_instance_cache=True,
    )


def _read(store: Any, place: str, budget: Budget) -> Iterator[ArtifactFact]:
    if store.isfile(place):
        yield budget.fact(place.rpartition("/")[2], _content(store, place))
        return
    for folder, _, names in store.walk(place, on_error="raise"):
        budget.enter(folder.count("/") - place.count("/"))
        for name in sorted(filter(None, names)):
            key = f"{folder}/{name}"
            yield budget.fact(key.removeprefix(f"{place}/"), _content(store, key))


def _content(store: Any, key: str) -> Iterator[bytes]:
    with store.open(key, "rb", block_size=CHUNK * 8, cache_type="readahead") as file:
        yield from iter(lambda: file.read(CHUNK), b"")
