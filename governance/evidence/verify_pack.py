#!/usr/bin/env python3
"""Check an evidence pack of Countersign without Countersign.

    python3 verify_pack.py PACK.pdf|EVIDENCE.json [--sha256 DIGEST]

Needs nothing but Python 3.9 or newer: no network, no database, no other file. It takes the evidence
out of the PDF, recomputes every digest in it and says, line by line, what passed, what failed and
what such a file cannot prove. --sha256 is the digest of the file as you received it in another way
(from the portal, from the ledger entry `pack.built`, from a colleague); only with it can changes
outside the attached evidence be found, such as words on a page.

Exit code: 0 nothing failed, 1 something failed, 2 it could not be checked (no such file).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, NoReturn

FORMAT = "countersign.evidence/1"
ENTRY_FORMAT = "countersign.ledger.entry/1"
ENTRY_KEYS = "actor at facts format request seq source states stream subject verb"
GENESIS = "00" * 32
LARGEST_EVIDENCE = 512 * 1024 * 1024
HEX = re.compile(r"[0-9a-f]{64}")

# Kinds of record whose column `digest` is the SHA-256 of another column.
TEXTS = {"card": "text", "report": "text", "dossier": "text", "policy": "content_text"}
DELETED = {"alias", "model_tag", "version_tag"}  # Records of other kinds are never deleted.
LIVE = ("CHAMPION", "CANARY")  # What answers live traffic.
# What each entry that lets a version be live says of the move that was signed.
MOVES = {
    "slot.shared": "SHARED",
    "version.confirmed": "CONFIRMED",
    "version.promoted": "PROMOTED",
    "version.promoted_in_emergency": "EMERGENCY",
    "version.rolled_back": "ROLLED_BACK",
}
# Checks that nobody can answer for, whatever a policy says.
NEVER_EXCUSED = ("artifacts_complete", "artifacts_match", "not_prohibited", "owner_assigned")

PASS, FAIL, NOT_PROVEN = "PASS", "FAIL", "NOT PROVEN"


class Check(NamedTuple):
    """One line of the answer: PASS, FAIL or NOT PROVEN, what was looked at, what was found."""

    outcome: str
    subject: str
    words: str


class Broken(Exception):
    """The evidence cannot be read any further; the message says why."""


def evidence_in(data: bytes) -> tuple[bytes, str | None]:
    """Return the evidence in a pack, and the content digest that its PDF states (None: no PDF)."""
    if data.startswith(b"%PDF-"):
        return attached(data), stated_digest(data)
    return data, None


def attached(pdf: bytes) -> bytes:
    """Return the one file attached to the PDF (ISO 32000-1, 7.11.4), stored as it is. Or Broken."""
    found = list(attachments(pdf))
    if len(found) != 1:
        raise Broken(f"the PDF holds {len(found)} attached files where a pack holds exactly one")
    return found[0]


def attachments(pdf: bytes) -> Iterator[bytes]:
    for hit in re.finditer(rb"/EmbeddedFile(?![A-Za-z])", pdf):
        begin = pdf.rfind(b" obj", 0, hit.start())
        head = re.compile(rb"stream\r?\n").search(pdf, hit.end(), hit.end() + 2000)
        if begin < 0 or head is None:
            raise Broken("an attached file has no contents")
        dictionary = pdf[begin : head.start()]
        length = re.search(rb"/Length (\d+)", dictionary)
        if b"/Filter" in dictionary or length is None:
            raise Broken("the attached file is not stored as a pack stores it")
        end = head.end() + int(length.group(1))
        if not re.compile(rb"\r?\n?endstream").match(pdf, end):
            raise Broken("the attached file does not end where it says it does")
        yield pdf[head.end() : end]


def stated_digest(pdf: bytes) -> str:
    """Return the content digest in the PDF's metadata. Raises Broken."""
    packets = re.findall(rb"<x:xmpmeta.*?</x:xmpmeta>", pdf, re.DOTALL)
    stated = {m for p in packets for m in re.findall(rb"Content digest sha256:([0-9a-f]{64})", p)}
    if len(stated) != 1:
        raise Broken("the PDF's metadata state no content digest, or several")
    return str(stated.pop().decode())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def canonical(value: Any) -> str:
    """Return the RFC 8785 text of a value without floats and with ASCII keys."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def parsed(text: str) -> Any:
    """Parse JSON. Raises Broken for what has no canonical form, such as a key that stands twice."""
    try:
        return json.loads(
            text, object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float
        )
    except (ValueError, RecursionError) as error:
        raise Broken(f"it is not JSON: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twice:
        raise Broken(f"the key {twice[0]!r} stands twice in one object")
    return dict(pairs)


def _no_float(text: str) -> NoReturn:
    raise Broken(f"the number {text} is not a whole one")


def verify(data: bytes, *, file_digest: str = "") -> list[Check]:
    """Return every check of the pack in `data`, a PDF or its evidence. Never raises."""
    checks = [check_file(data, file_digest)]
    try:
        evidence, stated = evidence_in(data)
        checks.append(check_content(evidence, stated))
        document = read(evidence)
        checks.append(Check(PASS, "Form", "the evidence is canonical JSON of a known format"))
        for check in CHECKS:
            checks.extend(check(document))
    except Broken as reason:
        checks.append(Check(FAIL, "Form", str(reason)))
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as reason:
        words = f"a part of the evidence is missing or misshapen: {reason!r}"
        checks.append(Check(FAIL, "Form", words))
    return checks + limits()


def check_file(data: bytes, expected: str) -> Check:
    actual = sha256(data)
    if expected:
        same = f"its SHA-256 is the one given, {actual}"
        other = f"its SHA-256 is {actual}, not the one given: it was changed"
        return judged("File", actual == expected, same, other)
    words = (
        f"no digest of the file was given to compare with; it is {actual}. Changes outside the "
        "attached evidence, such as words on a page, would not show"
    )
    return Check(NOT_PROVEN, "File", words)


def check_content(evidence: bytes, stated: str | None) -> Check:
    actual = sha256(evidence)
    if stated is None:
        words = f"its digest is {actual}; compare it with the one at the foot of the PDF's pages"
        return Check(NOT_PROVEN, "Content", words)
    same = f"the attached evidence has the digest that the PDF states, {actual}"
    other = f"the attached evidence has the digest {actual}, but the PDF states {stated}"
    return judged("Content", actual == stated, same, other)


def judged(subject: str, holds: bool, good: str, bad: str) -> Check:
    return Check(PASS, subject, good) if holds else Check(FAIL, subject, bad)


def read(evidence: bytes) -> dict[str, Any]:
    """Return the evidence as an object. Raises Broken."""
    if len(evidence) > LARGEST_EVIDENCE:
        raise Broken("the evidence is larger than any pack")
    try:
        text = evidence.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Broken(f"it is not UTF-8: {error}") from None
    document = parsed(text)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Broken(f"it is not evidence in the format {FORMAT}")
    if canonical(document) != text:
        raise Broken("it is not in canonical form, so it was not written by a portal")
    return document


def check_seal(document: dict[str, Any]) -> Iterator[Check]:
    """The evidence without its member `seal` has the digest that `seal` states."""
    rest = {key: value for key, value in document.items() if key != "seal"}
    holds, words = sha256(canonical(rest).encode()) == document["seal"], "that it states of itself"
    yield judged("Seal", holds, f"it has the digest {words}", f"it lacks the digest {words}")


def check_ledger(document: dict[str, Any]) -> Iterator[Check]:
    """Every entry of the model's stream is there from the first, and the hashes chain."""
    about, previous = document["about"], GENESIS
    for number, entry in enumerate(document["ledger"], start=1):
        if fault := entry_fault(entry, about["stream"], number, previous):
            yield Check(FAIL, "Ledger", f"entry {number}: {fault}")
            return
        previous = entry["hash"]
    whole = previous == about["head"] and len(document["ledger"]) == about["entries"]
    where = f"{about['entries']} entries of {about['stream']}, from the first on, without a gap"
    good = f"{where}; the hash of each covers all before it; head {previous}"
    yield judged("Ledger", whole, good, "the last entry is not the head that the pack states")


def entry_fault(entry: dict[str, Any], stream: str, number: int, previous: str) -> str:
    """Return what is wrong with an entry, or nothing."""
    message = ENTRY_FORMAT.encode() + b"\0" + bytes.fromhex(previous) + entry["text"].encode()
    if sha256(message) != entry["hash"]:
        return "its hash does not follow from its text and the hash before it"
    body = parsed(entry["text"])
    if " ".join(sorted(body)) != ENTRY_KEYS or body["format"] != ENTRY_FORMAT:
        return f"it is not in the format {ENTRY_FORMAT}"
    if canonical(body) != entry["text"] or body["stream"] != stream or body["seq"] != number:
        return "it belongs to another place of the ledger"
    return ""


def last_states(document: dict[str, Any]) -> dict[str, str]:
    """Return, for each record that the entries speak of, the digest of its last snapshot."""
    return {ref: digest for body in bodies(document) for ref, digest in body["states"]}


def bodies(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (json.loads(entry["text"]) for entry in document["ledger"])


def all_records(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (record for kind in document["records"].values() for record in kind)


def check_records(document: dict[str, Any]) -> Iterator[Check]:
    """Every record is as the newest entry about it says it was left."""
    states, records = last_states(document), list(all_records(document))
    refs = Counter(record["ref"] for record in records)
    now = {r["ref"]: sha256(canonical(r["fields"]).encode()) for r in records}
    wrong = [
        ref for ref, count in refs.items() if count > 1 or now[ref] != states.get(ref, now[ref])
    ]
    good = f"{sum(ref in states for ref in refs)} records are as the newest entry about each says"
    bad = f"not as the ledger says they were left, or there twice: {listed(wrong)}"
    yield judged("Records", not wrong, good, bad)
    if lost := [ref for ref in states if ref not in refs]:
        outcome = NOT_PROVEN if {ref.partition(":")[0] for ref in lost} <= DELETED else FAIL
        words = "spoken of in entries, are not in the pack"
        yield Check(outcome, "Records", f"{len(lost)} records, {words}: {listed(lost)}")
    if loose := [ref for ref in refs if ref not in states]:
        words = "written about in another stream than this"
        yield Check(NOT_PROVEN, "Records", f"{len(loose)} records, {words}: {listed(loose)}")


def listed(refs: list[str]) -> str:
    kinds = Counter(ref.partition(":")[0] for ref in refs)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def check_prose(document: dict[str, Any]) -> Iterator[Check]:
    """Every comment, reason and printed name has the digest that a record holds of it."""
    fields = [record["fields"] for record in all_records(document)]
    held = {one[name] for one in fields for name in one if name.endswith("_sha256")}
    there = {text["digest"] for text in document["prose"]}
    wrong = [text["ref"] for text in document["prose"] if not is_prose(text, held)]
    wrong += [f"missing text:{digest}" for digest in held - there]
    good = f"{len(document['prose'])} comments, reasons and names are those that records point to"
    yield judged("Texts", not wrong, good, f"not what records point to: {listed(wrong)}")
    if erased := sum("erased_at" in text for text in document["prose"]):
        yield Check(NOT_PROVEN, "Texts", f"{erased} of them were erased, as the law can demand")


def is_prose(text: dict[str, Any], held: set[Any]) -> bool:
    if text["digest"] not in held:
        return False
    return "erased_at" in text or sha256((text["salt"] + text["text"]).encode()) == text["digest"]


def check_texts(document: dict[str, Any]) -> Iterator[Check]:
    """Every card, report, dossier and policy has the digest that it is named by."""
    for kind, column in TEXTS.items():
        held = {r["ref"]: r["fields"] for r in document["records"].get(kind, [])}
        wrong = [ref for ref, f in held.items() if sha256(f[column].encode()) != f["digest"]]
        good = f"{len(held)} {kind} texts have the digests that they are named by"
        if held:
            yield judged("Digests", not wrong, good, f"not of their digests: {listed(wrong)}")


def check_signed(document: dict[str, Any]) -> Iterator[Check]:
    """Every sign-off names a dossier in the pack, whose card, report and policy are there too."""
    held = [record for kind in TEXTS for record in document["records"].get(kind, [])]
    digests = {record["ref"]: record["fields"]["digest"] for record in held}
    signed = [record["fields"] for record in document["records"].get("sign_off", [])]
    named = [(f"dossier:{fields['dossier_id']}", fields["dossier_digest"]) for fields in signed]
    for record in document["records"].get("dossier", []):
        dossier = parsed(record["fields"]["text"])
        parts = (dossier["card"], dossier["report"], dossier["policy"])
        named.extend((part["ref"], part["digest"]) for part in parts if part and "ref" in part)
    wrong = [ref for ref, digest in named if digests.get(ref) != digest]
    good = f"{len(signed)} sign-offs, each of a dossier whose card, report and policy are here"
    yield judged("Sign-offs", not wrong, good, f"signed, but not so in the pack: {listed(wrong)}")


def check_moves(document: dict[str, Any]) -> Iterator[Check]:
    """Every version went live, with as much traffic, by approvals that its policy asks for."""
    held = {record["ref"]: record["fields"] for record in all_records(document)}
    moves = list(moves_in(document, held))
    earned = {grant(*move): share(move[1]) for move in moves if is_earned(*move, held)}
    wrong = [
        str(body["seq"]) for body, row in moves if earned.get(grant(body, row), 0) < share(row)
    ]
    good = f"{len(moves)} times a version went live, approved by people who had no hand in it"
    bad = f"entries {', '.join(wrong)}: not approved as the policy asks, or by who built or asked"
    yield judged("Promotions", not wrong, good, bad)


def moves_in(
    document: dict[str, Any], held: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each entry by which a version is live, with the row of its slot."""
    for body in bodies(document):
        for ref, _ in body["states"]:
            row = held.get(ref, {})
            if row.get("assigned_at") == body["at"] and row["role"] in LIVE:
                yield body, row
        if body["verb"] == "version.confirmed":
            version, slot = body["subject"], body["facts"].get("slot", "")
            yield body, {"version_id": key(version), "slot_id": key(slot)}


def key(ref: str) -> str:
    return ref.partition(":")[2]


def grant(body: dict[str, Any], row: dict[str, Any]) -> tuple[str, str, str]:
    """Name what lets a version be live: the request, the version and the slot.

    A canary whose share was lowered rests on the request that authorized more.
    """
    request = row.get("authorized_by") or body["facts"].get("request", "")
    return request, f"version:{row['version_id']}", f"slot:{row['slot_id']}"


def share(facts: dict[str, Any]) -> int:
    """Return the percentage of the slot's traffic: all of it, but for a canary."""
    return int(facts.get("share") or 100)


def is_earned(body: dict[str, Any], row: dict[str, Any], held: dict[str, Any]) -> bool:
    """Tell whether sign-offs of other people over the move's dossier fill each seat."""
    facts, signed = body["facts"], [held.get(ref, {}) for ref in body["facts"].get("sign_offs", [])]
    over = held.get(f"dossier:{signed[0].get('dossier_id')}") if signed else None
    if over is None:
        return False
    dossier = parsed(over["text"])
    version = dossier["version"]
    given = {(one.get("decision"), one.get("dossier_digest")) for one in signed}
    return (
        given == {("APPROVE", over["digest"])}
        and over["digest"] == facts["dossier"]
        and MOVES.get(body["verb"]) == dossier["move"]
        and (version["ref"], dossier["target"]) == (body["subject"], "PRODUCTION")
        and grant(body, row) == (facts["request"], version["ref"], dossier["slot"])
        and share(row) == share(dossier)
        and are_apart(signed, barred(dossier, facts) | overriders(facts["request"], held))
        and all(is_filled(need, signed) for need in needs_of(dossier, held))
        and all(is_met(check, dossier, facts, held, body["at"]) for check in dossier["checks"])
    )


def barred(dossier: dict[str, Any], facts: dict[str, Any]) -> set[str]:
    """Return who may not sign: who owns, built, registered or committed it, or asked for it."""
    model, version = dossier["model"], dossier["version"]
    hands = {model["owner"], *model["developers"], version["registered_by"]}
    asked = "" if dossier["move"] == "ROLLED_BACK" else facts["requested_by"]
    return hands | {version.get("committed_by", ""), asked} - {""}


def overriders(request: str, held: dict[str, Any]) -> set[str]:
    """Return who let a check fail for a request: others decide on it."""
    own = {ref for ref, row in held.items() if f"request:{row.get('request_id')}" == request}
    rows = [row for row in held.values() if f"override:{row.get('override_id')}" in own]
    return {f"user:{row['signer_id']}" for row in rows}


def are_apart(signed: list[dict[str, Any]], out: set[str]) -> bool:
    """Tell whether nobody signed twice, or may not; a deputy is also whom they stand for."""
    columns = ("signer_id", "on_behalf_of_id")
    people = [f"user:{one[name]}" for one in signed for name in columns if one.get(name)]
    everybody = all(one.get("signer_id") for one in signed)
    return everybody and len(set(people)) == len(people) and not out & set(people)


def needs_of(dossier: dict[str, Any], held: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the sign-offs that the policy asks for; a rollback has one rule, not a policy."""
    if dossier["move"] == "ROLLED_BACK":
        return [{"role": "APPROVER"}]
    policy = policy_of(dossier, held)
    if dossier["move"] == "EMERGENCY":
        rule = policy["emergency"]
        return [{"role": rule["role"], "count": rule["people"]}]
    return list(policy["sign_offs"])


def policy_of(dossier: dict[str, Any], held: dict[str, Any]) -> dict[str, Any]:
    return dict(parsed(held[dossier["policy"]["ref"]]["content_text"]))


def is_filled(need: dict[str, Any], signed: list[dict[str, Any]]) -> bool:
    """Tell whether enough people signed; in a quorum of several roles each role counts once."""
    roles = [one.get("role") for one in signed]
    if "any_of" in need:
        return len(set(roles) & set(need["any_of"])) >= int(need["count"])
    return bool(roles.count(need["role"]) >= int(need.get("count", 1)))


def is_met(
    check: dict[str, Any], dossier: dict[str, Any], facts: dict[str, Any], held: dict[str, Any],
    at: str,
) -> bool:  # fmt: skip
    """Tell whether a check passed, or people answer for it.

    What depends on the day states no outcome; only the portal can judge it again.
    """
    if check.get("outcome", "PASS") == "PASS":
        return True
    if check["id"] in NEVER_EXCUSED:
        return False
    found = (check["id"], sha256(canonical(check).encode()))
    named = [o for o in dossier.get("overrides", []) if (o["check"], o["check_digest"]) == found]
    return dossier["move"] == "EMERGENCY" or any(
        answers_for(one, dossier, facts, held) and at[:10] <= one["expires_date"] for one in named
    )


def answers_for(
    named: dict[str, Any], dossier: dict[str, Any], facts: dict[str, Any], held: dict[str, Any]
) -> bool:
    """Tell whether an override that a dossier names is as it says, and signed by enough people."""
    row, rules = held.get(named["ref"], {}), policy_of(dossier, held).get("overrides", [])
    fits = (r for r in rules if any(fnmatchcase(named["check"], p) for p in r["checks"]))
    rule = next(fits, None)
    signed = [held.get(ref, {}) for ref in named["sign_offs"]]
    columns = (row.get("check_id"), row.get("check_digest"), row.get("expires_date"))
    return (
        rule is not None
        and columns == (named["check"], named["check_digest"], named["expires_date"])
        and f"request:{row['request_id']}" == facts["request"]
        and {one.get("override_digest") for one in signed} == {row["digest"]}
        and are_apart(signed, barred(dossier, facts))
        and is_filled({"role": rule["role"], "count": rule["people"]}, signed)
    )


def limits() -> list[Check]:
    """Say what no file of this kind can prove."""
    end = (
        "that no entry was written after the last one here, or cut off: hold the head against a "
        "signed checkpoint of the ledger, kept where the portal's owner cannot change it"
    )
    truth = (
        "that what people wrote is true, that they are who they say they are or are called what "
        "`names` calls them now, and that the portal's clock was right"
    )
    return [Check(NOT_PROVEN, "End of the stream", end), Check(NOT_PROVEN, "Truth", truth)]


CHECKS = (
    check_seal, check_ledger, check_records, check_prose, check_texts, check_signed, check_moves
)  # fmt: skip


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Check an evidence pack of Countersign.")
    parser.add_argument("file", help="the PDF, or the evidence as JSON")
    parser.add_argument("--sha256", default="", metavar="DIGEST", help="the file's, if known")
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")
    chosen = parser.parse_args(argv)
    chosen.sha256 = chosen.sha256.strip().lower()
    if chosen.sha256 and not HEX.fullmatch(chosen.sha256):
        parser.error("--sha256: 64 hexadecimal digits are needed")
    return chosen


def show(checks: list[Check]) -> None:
    for check in checks:
        print(f"{check.outcome:<11} {check.subject}: {printable(check.words)}.")
    failed = sum(check.outcome == FAIL for check in checks)
    bad = f"FAILED: {failed} of the checks failed. Do not rely on this pack."
    good = "PASSED: nothing that can be checked was changed. Read what is NOT PROVEN above."
    print("\n" + (bad if failed else good))


def printable(text: str) -> str:
    """Keep a forged pack from writing to the terminal anything but letters."""
    return "".join(char if char.isprintable() and char.isascii() else "?" for char in text)


def main(argv: list[str] | None = None) -> int:
    chosen = arguments(sys.argv[1:] if argv is None else argv)
    try:
        with open(chosen.file, "rb") as file:
            data = file.read()
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    checks = verify(data, file_digest=chosen.sha256)
    if chosen.json:
        print(json.dumps([check._asdict() for check in checks]))
    else:
        show(checks)
    return 1 if any(check.outcome == FAIL for check in checks) else 0


if __name__ == "__main__":
    sys.exit(main())
