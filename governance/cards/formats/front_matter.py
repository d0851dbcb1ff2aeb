"""The YAML between two lines of hyphens at the head of a Markdown file, and the body below."""

from __future__ import annotations

import re
from dataclasses import dataclass

BLOCK = re.compile(
    r"\A(?P<open>\s*---[ \t]*(?:\r\n|\r|\n))(?P<yaml>(?:.*?(?:\r\n|\r|\n))??)"
    r"(?P<close>---[ \t]*(?:\r\n|\r|\n|\Z))",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class FrontMatter:
    """All four texts one after another are the file. `there` tells whether it has such a head."""

    open: str = ""
    yaml: str = ""
    close: str = ""
    body: str = ""
    there: bool = False

    @property
    def first_line(self) -> int:
        """The line of the file on which the YAML begins."""
        return self.open.count("\n") + 1


def front_matter_of(text: str) -> FrontMatter:
    found = BLOCK.match(text)
    if found is None:
        return FrontMatter(body=text)
    return FrontMatter(
        open=found["open"],
        yaml=found["yaml"],
        close=found["close"],
        body=text[found.end() :],
        there=True,
    )
