#!/usr/bin/env python3
"""Check a population and a sample of Countersign without Countersign.

    python3 verify_sample.py POPULATION.json [SAMPLE.json] [--sha256 DIGEST]
                             [--sample-sha256 DIGEST]

Needs nothing but Python 3.9 or newer: no network, no database, no other file. It recomputes the
digest of the list, the control total and the sample, and says, line by line, what passed, what
failed and what such files cannot prove. --sha256 is the digest of the population as you have it
from somewhere else: the page of the population, the ledger entry `population.extracted`, a pack.
--sample-sha256 is that of the sample, likewise.

Exit code: 0 nothing failed, 1 something failed, 2 it could not be checked (no such file).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

POPULATION, SAMPLE = "countersign.population/1", "countersign.sample/1"
PASS, FAIL, NOT_PROVEN = "PASS", "FAIL", "NOT PROVEN"


class Check(NamedTuple):
    """One line of the answer: PASS, FAIL or NOT PROVEN, what was looked at, what was found."""

    outcome: str
    subject: str
    words: str


class Unusable(Exception):
    """A file cannot be read as what it should be; the message says why."""


def canonical(value: Any) -> bytes:
    """RFC 8785 for what stands in these files: no number has a fraction, no key is not ASCII."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def outcome(holds: bool) -> str:
    return PASS if holds else FAIL


def check_file(name: str, data: bytes, body: dict[str, Any], given: str) -> Iterator[Check]:
    yield Check(outcome(canonical(body) == data), name, "is written in the one canonical way")
    found = sha256(data)
    if given:
        words = "has the digest that you gave" if found == given else f"has the digest {found}"
        yield Check(outcome(found == given), f"{name}, digest", words)
    else:
        words = f"is {found}: hold it against the ledger entry that tells of it"
        yield Check(NOT_PROVEN, f"{name}, digest", words)


def check_population(body: dict[str, Any]) -> Iterator[Check]:
    """Check the list against its own digest and counts, and say where the ledger parts from it."""
    rows, control = body["rows"], body["control"]
    digest = sha256(canonical(rows))
    yield Check(
        outcome(digest == body["list_sha256"]), "List", "has the digest that the population names"
    )
    refs = [row["ref"] for row in rows]
    once = len(set(refs)) == len(refs) == body["count"] <= control["rows"]
    words = f"{len(refs)} rows, each once, out of {control['rows']} before the filter"
    yield Check(outcome(once), "Count", words)
    apart = {name: control[name] for name in ("gone", "untold", "altered")}
    total = control["rows"] - len(apart["untold"]) == control["told"] - len(apart["gone"])
    words = f"{control['rows']} rows in the tables, {control['told']} that the ledger tells of"
    yield Check(outcome(total), "Control total", words)
    unnamed = [row["ref"] for row in rows if not row["entry"] and row["ref"] not in apart["untold"]]
    words = "every other row names the entry of the ledger that tells of it"
    yield Check(outcome(not unnamed), "Entries", words)
    for name, found in apart.items():
        if found:
            words = f"{len(found)} records are {name}: {', '.join(found)}"
            yield Check(FAIL, "Tables and ledger differ", words)


def check_sample(population: dict[str, Any], sample: dict[str, Any]) -> Iterator[Check]:
    """Draw the sample again from the list, and hold it against what is said to have been drawn."""
    rows = population["rows"]
    of = sample["population"]
    same = of["sha256"] == sha256(canonical(population)) and sample["count"] == len(rows)
    yield Check(outcome(same), "Sample", "was drawn from this very population")
    column = sample["stratum"]
    strata: dict[str, list[str]] = {}
    for row in rows:
        strata.setdefault(row[column] if column else "", []).append(row["ref"])
    allotted = allot(sample["method"], {k: len(v) for k, v in strata.items()}, sample["size"])
    said = {part["stratum"]: (part["count"], part["drawn"]) for part in sample["strata"]}
    table = {name: (len(refs), allotted[name]) for name, refs in strata.items()}
    words = f"{sample['method'].lower()}, {sum(allotted.values())} of {len(rows)}"
    yield Check(outcome(said == table), "Allotment", words)
    drawn = [
        {"ref": ref, "stratum": name, "rank": rank(sample["seed"], ref)}
        for name in sorted(strata)
        for ref in sorted(strata[name], key=lambda r: (rank(sample["seed"], r), r))[
            : allotted[name]
        ]
    ]
    words = f"the seed {sample['seed']} draws these {len(drawn)} rows and no others"
    yield Check(outcome(drawn == sample["chosen"]), "Draw", words)


def rank(seed: str, ref: str) -> str:
    return sha256(seed.encode() + b"\0" + ref.encode())


def allot(method: str, counts: dict[str, int], size: int) -> dict[str, int]:
    """So many of each, or in proportion by largest remainder; of a tie the first by name."""
    if method == "PER_STRATUM":
        return {name: min(size, count) for name, count in counts.items()}
    total = sum(counts.values())
    given = Counter({name: size * count // total for name, count in counts.items()})
    order = sorted(counts, key=lambda name: (-(size * counts[name] % total), name))
    given.update(order[: size - sum(given.values())])
    return {name: given[name] for name in counts}


def limits() -> Iterator[Check]:
    """Say what no such file can prove."""
    yield Check(
        NOT_PROVEN,
        "Ledger",
        "that the entries which the rows name are in the ledger: the pack of the sample proves it, "
        "or the portal's proof of each entry under a checkpoint that you kept",
    )
    yield Check(
        NOT_PROVEN,
        "Seed",
        "that it was named before the list was known, and that no other sample was drawn and put "
        "away: each draw is an entry sample.drawn in the stream `evidence`",
    )


def verify(
    population: bytes,
    sample: bytes | None = None,
    *,
    sha256_given: str = "",
    sample_sha256_given: str = "",
) -> list[Check]:
    """Return every check. Raises Unusable for a file that is none of these."""
    body = read(population, POPULATION)
    try:
        found = [*check_file("Population", population, body, sha256_given), *check_population(body)]
        if sample is not None:
            drawn = read(sample, SAMPLE)
            found += check_file("Sample", sample, drawn, sample_sha256_given)
            found += check_sample(body, drawn)
    except (AttributeError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Unusable(f"a part is missing or of another kind ({error!r})") from error
    return [*found, *limits()]


def read(data: bytes, kind: str) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"it is no JSON ({error})") from error
    if not isinstance(body, dict) or body.get("format") != kind:
        raise Unusable(f"its format is not {kind}")
    return body


def show(checks: list[Check]) -> None:
    for check in checks:
        words = "".join(c if c.isprintable() and c.isascii() else "?" for c in check.words)
        print(f"{check.outcome:<11} {check.subject}: {words}.")
    failed = sum(check.outcome == FAIL for check in checks)
    bad = f"FAILED: {failed} of the checks failed. Do not rely on these files as they are."
    good = "PASSED: the files say the same as each other. Read what is NOT PROVEN above."
    print("\n" + (bad if failed else good))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check a population and a sample of Countersign.")
    parser.add_argument("population", help="the population, as JSON")
    parser.add_argument("sample", nargs="?", help="the sample, as JSON")
    for name, whose in (("--sha256", "population"), ("--sample-sha256", "sample")):
        parser.add_argument(name, default="", metavar="DIGEST", help=f"the {whose}'s, if known")
    chosen = parser.parse_args(argv)
    try:
        files = [Path(path).read_bytes() for path in (chosen.population, chosen.sample) if path]
        digests = [given.strip().lower() for given in (chosen.sha256, chosen.sample_sha256)]
        checks = verify(*files, sha256_given=digests[0], sample_sha256_given=digests[1])
    except (OSError, Unusable) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    show(checks)
    return 1 if any(check.outcome == FAIL for check in checks) else 0


if __name__ == "__main__":
    sys.exit(main())
