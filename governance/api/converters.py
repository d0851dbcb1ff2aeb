"""Parts of addresses."""

from __future__ import annotations


class VersionNumber:
    """A version's number: nine digits at most, which every database can hold."""

    regex = "[0-9]{1,9}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)
