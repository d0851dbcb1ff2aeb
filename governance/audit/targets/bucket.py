"""An S3 bucket with object lock: `s3://bucket/prefix?lock=COMPLIANCE&days=3650`.

Credentials, region and endpoint are those of the process, as Amazon's own tools read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from django.conf import settings

from governance.audit.targets.layout import CHECKPOINT, File
from governance.audit.targets.shipping import AddressWrong, Copied, Shipment, TargetFails

PATIENCE = {"connect_timeout": 5, "read_timeout": 20, "retries": {"total_max_attempts": 2}}
ABSENT = ("NoSuchKey", "404")
TAKEN = ("PreconditionFailed", "412", "ConditionalRequestConflict")
MODES = ("COMPLIANCE", "GOVERNANCE")
MOST_DAYS = 36_500


@dataclass(frozen=True)
class Bucket:
    """`lock` is the mode that keeps each version for `days`, or "" for the bucket's own default."""

    bucket: str
    prefix: str = ""
    lock: str = ""
    days: int = 0
    is_store = True
    pause = timedelta(0)

    @property
    def name(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def checkpoint(self, place: str) -> bytes | None:
        with _failing():
            return _Store(self, place).read(CHECKPOINT)

    def copy(self, shipment: Shipment) -> Copied:
        with _failing():
            store = _Store(self, shipment.place)
            held = shipment.held(store.read(CHECKPOINT))
            kept = ""
            if held <= shipment.point.size:
                kept = [store.write(file, shipment) for file in shipment.files(held)][-1]
        return Copied(receipt=kept or "unversioned", was_empty=held == 0)


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise TargetFails(f"S3 answered {_code(error) or 'an error'}.") from error
    except BotoCoreError as error:
        raise TargetFails(f"S3 cannot be used: {type(error).__name__}.") from error


class _Store:
    def __init__(self, target: Bucket, place: str) -> None:
        self.target = target
        self.place = "/".join(filter(None, (target.prefix, place)))
        self.client: Any = get_session().create_client(
            "s3", endpoint_url=settings.S3_ENDPOINT_URL or None, config=Config(**PATIENCE)
        )

    def read(self, path: str) -> bytes | None:
        try:
            found = self.client.get_object(**self._where(path))
        except ClientError as error:
            if _code(error) in ABSENT:
                return None
            raise
        return bytes(found["Body"].read())

    def write(self, file: File, shipment: Shipment) -> str:
        """Have the object there; return its version. Raises Contradicted if it says otherwise."""
        once = {} if file.is_replaced else {"IfNoneMatch": "*"}
        try:
            put = self.client.put_object(
                **self._where(file.path),
                **once,
                **self._lock(shipment.at),
                Body=file.data,
                # A store refuses to lock what comes without a checksum.
                ChecksumAlgorithm="SHA256",
            )
        except ClientError as error:
            if _code(error) not in TAKEN:
                raise
            shipment.compare(file, self.read(file.path) or b"")
            return ""
        return str(put.get("VersionId", ""))

    def _where(self, path: str) -> dict[str, str]:
        key = f"{self.place}/{path}" if self.place else path
        return {"Bucket": self.target.bucket, "Key": key}

    def _lock(self, at: datetime) -> dict[str, Any]:
        if not self.target.lock:
            return {}
        until = at + timedelta(days=self.target.days)
        return {"ObjectLockMode": self.target.lock, "ObjectLockRetainUntilDate": until}


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def parse(rest: str) -> Bucket:
    parts = urlsplit(f"s3:{rest}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not rest.startswith("//") or not parts.netloc or "@" in parts.netloc or parts.fragment:
        raise AddressWrong("it is s3://bucket/prefix, and credentials come from the environment")
    if unknown := options.keys() - {"lock", "days"}:
        raise AddressWrong(f"it knows lock and days, not {', '.join(sorted(unknown))[:40]}")
    lock, days = options.get("lock", "").upper(), options.get("days", "")
    if bool(lock) != bool(days) or (lock and lock not in MODES):
        raise AddressWrong("lock=COMPLIANCE or lock=GOVERNANCE goes with days=…")
    if days and not (days.isdecimal() and 1 <= int(days) <= MOST_DAYS):
        raise AddressWrong(f"days are 1 to {MOST_DAYS}")
    return Bucket(parts.netloc, parts.path.strip("/"), lock, int(days or 0))
