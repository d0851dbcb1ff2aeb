#!/usr/bin/env python3
"""Check an evidence pack of Countersign without Countersign.

    python3 verify_pack.py PACK.pdf|EVIDENCE.json [--sha256 DIGEST] [--key VKEY]...
                           [--checkpoint FILE] [--consistency FILE]

Needs nothing but Python 3.9 or newer: no network, no database, no other file. It takes the evidence
out of the PDF, recomputes every digest, proof and signature in it and says, line by line, what
passed, what failed and what such a file cannot prove.

What you bring along, got in another way than the pack, makes it prove more:

  --sha256       the digest of the file (from the portal, from the ledger entry `pack.built`, from a
                 colleague). Only with it can changes outside the attached evidence be found, such
                 as words on a page.
  --key          the verifier key of the portal's ledger, or of a witness (name+id+base64); as often
                 as you have keys. Only with it is the signature known to be the portal's.
  --checkpoint   a checkpoint of this ledger that you kept: its text, or an earlier pack. Shows that
                 nothing that it covered was changed or taken away since.
  --consistency  the proof from that checkpoint to the pack's, unless the pack holds it
                 (`build_pack --since`). The portal gives it out: /audit/ledger, or
                 GET /api/v1/ledger/checkpoints/SIZE/since/OLD.

A seal on the PDF (PAdES) is not looked at here: use pdfsig, pyHanko or any reader of PDFs.

Exit code: 0 nothing failed and what you asked for was shown, 1 something failed, 2 something could
not be checked: no such file, or no proof of what you asked for.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, NoReturn

FORMAT = "countersign.evidence/2"
FORMER = "countersign.evidence/1"  # One model, and no checkpoint.
END_FORMAT = "countersign.ledger.end/1"
SIGNATURE_FORMAT = "countersign.signature/1"
PROOF = "c2sp.org/tlog-proof@v1"
ENTRY_FORMAT = "countersign.ledger.entry/1"
MEMBERS = {
    "about", "checkpoint", "entries", "format", "ledger", "names", "prose", "records", "seal",
    "streams",
}  # fmt: skip
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
FEW = 12  # So many streams are told one by one.


class Check(NamedTuple):
    """One line of the answer: PASS, FAIL or NOT PROVEN, what was looked at, what was found.

    `asked`: the reader brought something along for it, so that NOT PROVEN is no answer.
    """

    outcome: str
    subject: str
    words: str
    asked: bool = False


class Given(NamedTuple):
    """What the reader brought along: digest, verifier keys, a checkpoint kept, a proof from it."""

    digest: str = ""
    keys: tuple[str, ...] = ()
    checkpoint: str = ""
    consistency: str = ""


MISSHAPEN = (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError)


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


def verify(
    data: bytes,
    *,
    file_digest: str = "",
    keys: tuple[str, ...] = (),
    checkpoint: str = "",
    consistency: str = "",
) -> list[Check]:
    """Return every check of the pack in `data`, a PDF or its evidence. Never raises."""
    given = Given(file_digest, tuple(keys), checkpoint, consistency)
    checks = [check_file(data, file_digest)]
    document: dict[str, Any] = {}

    def opened() -> Iterator[Check]:
        evidence, stated = evidence_in(data)
        yield check_content(evidence, stated)
        document.update(read(evidence))
        yield Check(PASS, "Form", "the evidence is canonical JSON of a known format")

    checks += guarded("Form", opened())
    if document:
        for subject, check in CHECKS:
            checks += guarded(subject, check(document, given))
    if data.startswith(b"%PDF-") and b"/ByteRange" in data:
        words = "the PDF bears a seal (PAdES), which is not looked at here: pdfsig or pyHanko can"
        checks.append(Check(NOT_PROVEN, "Seal of the PDF", words))
    witnessed = any(one.subject == "Witnesses" and one.outcome == PASS for one in checks)
    return checks + list(limits(document, witnessed))


def guarded(subject: str, checks: Iterator[Check]) -> list[Check]:
    """Run one step. What is misshapen fails it, and the others go on."""
    found = []
    try:
        for check in checks:
            found.append(check)
    except Broken as reason:
        found.append(Check(FAIL, subject, str(reason)))
    except MISSHAPEN as reason:
        words = f"a part of the evidence is missing or misshapen: {reason!r}"
        found.append(Check(FAIL, subject, words))
    return found


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
    if not isinstance(document, dict) or document.get("format") not in (FORMAT, FORMER):
        raise Broken(f"it is not evidence in the format {FORMAT} or {FORMER}")
    if canonical(document) != text:
        raise Broken("it is not in canonical form, so it was not written by a portal")
    return document


def check_seal(document: dict[str, Any], _: Given) -> Iterator[Check]:
    """The evidence without its member `seal` has the digest that `seal` states."""
    rest = {key: value for key, value in document.items() if key != "seal"}
    holds, words = sha256(canonical(rest).encode()) == document["seal"], "that it states of itself"
    yield judged("Seal", holds, f"it has the digest {words}", f"it lacks the digest {words}")


def streams_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the streams of the ledger that the evidence holds, of either format."""
    if document["format"] == FORMAT:
        return list(document["streams"])
    one = {"first": 1, "previous": GENESIS, "records": True, "ledger": document["ledger"]}
    return [{**document["about"], **one}]


def named(stream: dict[str, Any]) -> str:
    return f"{stream['name']} ({stream['stream']})" if stream.get("name") else stream["stream"]


def told(subject: str, found: list[tuple[bool, str]], all_good: str) -> Iterator[Check]:
    """Say what was found of each stream: of many, each fault and how many are good."""
    good = [words for holds, words in found if holds]
    yield from (Check(FAIL, subject, words) for holds, words in found if not holds)
    if len(good) <= FEW:
        yield from (Check(PASS, subject, words) for words in good)
    else:
        yield Check(PASS, subject, f"{len(good)} streams: {all_good}")


def check_ledger(document: dict[str, Any], _: Given) -> Iterator[Check]:
    """Of every stream, no entry is missing between the first and the last, and the hashes chain."""
    streams = streams_of(document)
    twice = [name for name, n in Counter(one["stream"] for one in streams).items() if n > 1]
    if twice or not streams:
        raise Broken(f"it holds no stream, or one of them twice: {', '.join(twice)}")
    words = "every entry is here, and the hash of each covers all before it"
    yield from told("Ledger", [chain(stream) for stream in streams], words)


def chain(stream: dict[str, Any]) -> tuple[bool, str]:
    """Tell whether a stream's entries chain, and say what was found."""
    previous, first, entries = stream["previous"], stream["first"], stream["ledger"]
    if (first == 1) != (previous == GENESIS) or first < 1:
        return False, f"{named(stream)}: it does not begin where it says it does"
    for number, entry in enumerate(entries, start=first):
        if fault := entry_fault(entry, stream["stream"], number, previous):
            return False, f"{named(stream)}: entry {number}: {fault}"
        previous = entry["hash"]
    if previous != stream["head"] or len(entries) != stream["entries"]:
        return False, f"{named(stream)}: the last entry is not the head that the pack states"
    what = f"{stream['entries']} entries of {named(stream)}, from number {first} on, without a gap"
    return True, f"{what}; the hash of each covers all before it; head {previous}"


def entry_fault(entry: dict[str, Any], stream: str, number: int, previous: str) -> str:
    """Return what is wrong with an entry, or nothing."""
    message = ENTRY_FORMAT.encode() + b"\0" + bytes.fromhex(previous) + entry["text"].encode()
    if not HEX.fullmatch(previous) or sha256(message) != entry["hash"]:
        return "its hash does not follow from its text and the hash before it"
    body = parsed(entry["text"])
    if " ".join(sorted(body)) != ENTRY_KEYS or body["format"] != ENTRY_FORMAT:
        return f"it is not in the format {ENTRY_FORMAT}"
    if canonical(body) != entry["text"] or body["stream"] != stream or body["seq"] != number:
        return "it belongs to another place of the ledger"
    return ""


def alone(entry: dict[str, Any], stream: str, number: int) -> dict[str, Any]:
    """Return what an entry says that stands here without those before it. Raises Broken."""
    if fault := entry_fault(entry, stream, number, entry["previous"]):
        raise Broken(f"entry {number} of {stream}: {fault}")
    return dict(parsed(entry["text"]))


def bodies(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the entries whose records are in the pack."""
    for stream in streams_of(document):
        if stream["records"]:
            yield from (json.loads(entry["text"]) for entry in stream["ledger"])


def last_states(found: Iterator[dict[str, Any]]) -> dict[str, str]:
    """Return, for each record that entries speak of, the digest of its last snapshot."""
    return {ref: digest for body in found for ref, digest in body["states"]}


def all_records(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (record for kind in document["records"].values() for record in kind)


def check_records(document: dict[str, Any], _: Given) -> Iterator[Check]:
    """Every record is as the newest entry about it says it was left."""
    own, others = last_states(bodies(document)), last_states(others_in(document))
    states, records = {**others, **own}, list(all_records(document))
    refs = Counter(record["ref"] for record in records)
    now = {r["ref"]: sha256(canonical(r["fields"]).encode()) for r in records}
    wrong = [
        ref for ref, count in refs.items() if count > 1 or now[ref] != states.get(ref, now[ref])
    ]
    good = f"{sum(ref in own for ref in refs)} records are as the newest entry about each says"
    bad = f"not as the ledger says they were left, or there twice: {listed(wrong)}"
    yield judged("Records", not wrong, good, bad)
    if lost := [ref for ref in own if ref not in refs]:
        outcome = NOT_PROVEN if {ref.partition(":")[0] for ref in lost} <= DELETED else FAIL
        words = "spoken of in entries, are not in the pack"
        yield Check(outcome, "Records", f"{len(lost)} records, {words}: {listed(lost)}")
    if lent := [ref for ref in refs if ref in others and ref not in own]:
        words = "are as an entry of another stream says, which is here alone; that none came later"
        yield Check(NOT_PROVEN, "Records", f"{len(lent)} records {words}: {listed(lent)}")
    if loose := [ref for ref in refs if ref not in states]:
        outcome = FAIL if checkpoint_in(document) else NOT_PROVEN
        words = "records are spoken of in no entry that is here"
        yield Check(outcome, "Records", f"{len(loose)} {words}: {listed(loose)}")
    yield from check_names(document)
    if bare := [one for one in streams_of(document) if not one["records"]]:
        words = "are here as entries alone, without the records that they speak of"
        yield Check(NOT_PROVEN, "Records", f"{len(bare)} streams {words}")


def check_names(document: dict[str, Any]) -> Iterator[Check]:
    """A stream is of the model that it is said to be of, and the model is called so."""
    held = {record["ref"]: record["fields"] for record in document["records"].get("model", [])}
    for stream in document.get("streams", []):
        model = stream.get("model", stream["stream"])
        called = held.get(model, {}).get("name") if stream["records"] else stream.get("name")
        if model != stream["stream"] or called != stream.get("name"):
            words = f"{stream['stream']} is not of the model that the pack says it is of"
            yield Check(FAIL, "Records", words)


def others_in(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the entries that stand alone, of streams that the pack does not hold."""
    return (json.loads(entry["text"]) for entry in document.get("entries", []))


def listed(refs: list[str]) -> str:
    kinds = Counter(ref.partition(":")[0] for ref in refs)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def check_prose(document: dict[str, Any], _: Given) -> Iterator[Check]:
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


def check_texts(document: dict[str, Any], _: Given) -> Iterator[Check]:
    """Every card, report, dossier and policy has the digest that it is named by."""
    for kind, column in TEXTS.items():
        held = {r["ref"]: r["fields"] for r in document["records"].get(kind, [])}
        wrong = [ref for ref, f in held.items() if sha256(f[column].encode()) != f["digest"]]
        good = f"{len(held)} {kind} texts have the digests that they are named by"
        if held:
            yield judged("Digests", not wrong, good, f"not of their digests: {listed(wrong)}")


def check_signed(document: dict[str, Any], _: Given) -> Iterator[Check]:
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


def check_moves(document: dict[str, Any], _: Given) -> Iterator[Check]:
    """Every version went live, with as much traffic, by approvals that its policy asks for."""
    held = {record["ref"]: record["fields"] for record in all_records(document)}
    if not any(stream["records"] for stream in streams_of(document)):
        return
    moves = list(moves_in(document, held))
    earned = {grant(*move): share(move[1]) for move in moves if is_earned(*move, held)}
    wrong = [
        f"{body['seq']} of {body['stream']}"
        for body, row in moves
        if earned.get(grant(body, row), 0) < share(row)
    ]
    good = f"{len(moves)} times a version went live, approved by people who had no hand in it"
    bad = f"entry {', '.join(wrong)}: not approved as the policy asks, or by who built or asked"
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


# --- The tree over the whole ledger: RFC 6962 §2.1, and how RFC 9162 §2.1 checks its proofs -------


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root of the tree of `size` leaves that has this one there. Raises Broken."""
    node, place, last = leaf, index, size - 1
    if not 0 <= index < size:
        raise Broken(f"a tree of {size} leaves has no leaf {index}")
    for sibling in path:
        if last == 0:
            raise Broken("a proof is too long")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise Broken("a proof is too short")
    return node


def roots_from(first: bytes, old: int, size: int, path: list[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of the trees of `old` and of `size` leaves that follow. Raises Broken."""
    if old & (old - 1) == 0:  # A full tree is a node of the larger one, and left out of the proof.
        path = [first, *path]
    if not path:
        raise Broken("a proof is too short")
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise Broken("a proof is too long")
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise Broken("a proof is too short")
    return before, after


# --- Signatures: Ed25519 as RFC 8032 §5.1 has it, with points as (X, Y, Z, T) of §5.1.4 -----------

Point = tuple[int, int, int, int]
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)


def x_of(y: int, odd: int) -> int:
    """Return the x of a point with this y (RFC 8032 §5.1.3). Raises ValueError: there is none."""
    square = (y * y - 1) * pow(CURVE * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    if y >= PRIME or (x * x - square) % PRIME or (x == 0 and odd):
        raise ValueError("no point of the curve")
    return PRIME - x if x & 1 != odd else x


def point_of(encoded: bytes) -> Point:
    number = int.from_bytes(encoded, "little")
    y = number & ((1 << 255) - 1)
    x = x_of(y, number >> 255)
    return x, y, 1, x * y % PRIME


def added(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % PRIME, (p[1] + p[0]) * (q[1] + q[0]) % PRIME
    c, d = 2 * p[3] * q[3] * CURVE % PRIME, 2 * p[2] * q[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def times(factor: int, p: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = added(result, p)
        p, factor = added(p, p), factor >> 1
    return result


def is_signature(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the key made this signature over the message (RFC 8032 §5.1.7)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    try:
        key, commitment = point_of(public), point_of(signature[:32])
    except ValueError:
        return False
    if scalar >= ORDER:
        return False
    hashed = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(hashed, "little") % ORDER
    left, right = times(scalar, BASE), added(commitment, times(challenge, key))
    return not any((left[i] * right[2] - right[i] * left[2]) % PRIME for i in (0, 1))


BASE_Y = 4 * pow(5, PRIME - 2, PRIME) % PRIME
BASE: Point = (x_of(BASE_Y, 0), BASE_Y, 1, x_of(BASE_Y, 0) * BASE_Y % PRIME)


# --- Checkpoints, their signatures and proofs: C2SP signed-note, tlog-checkpoint, tlog-proof ------

LEDGER_KEY, WITNESS_KEY = 1, 4
MOST_SIGNATURES = 64
LATEST = 253402300799  # The last second of the year 9999.
WHOLE = re.compile(r"0|[1-9][0-9]{0,18}")


class Key(NamedTuple):
    """A verifier key: the name it is bound to, its kind, and the 32 public bytes."""

    name: str
    kind: int
    public: bytes

    def id(self) -> bytes:
        kind = bytes([self.kind])
        return hashlib.sha256(self.name.encode() + b"\n" + kind + self.public).digest()[:4]


class Signed(NamedTuple):
    """A checkpoint as read, not yet believed. Of each signature the name, key ID and the rest."""

    text: str
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes, bytes]]


def unbase64(text: str, size: int = 0) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text or (size and len(raw) != size):
        raise Broken(f"{text!r} is not what Base64 of a hash or a key looks like")
    return raw


def key_of(text: str) -> Key:
    """Read a verifier key, `name+id+key`. Raises Broken."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise Broken(f"{text!r} is no verifier key")
    raw = unbase64(parts[2], 33)
    key = Key(parts[0], raw[0], raw[1:])
    if key.id().hex() != parts[1] or key.kind not in (LEDGER_KEY, WITNESS_KEY):
        raise Broken(f"{text!r} is no verifier key: its identifier does not belong to it")
    return key


def signed_note(note: str) -> Signed:
    """Take a checkpoint apart. Raises Broken."""
    text, gap, lines = note.rpartition("\n\n")
    head = text.split("\n")
    if not gap or len(head) < 3 or not WHOLE.fullmatch(head[1]) or not lines.endswith("\n"):
        raise Broken("it is no signed checkpoint")
    if lines.count("\n") > MOST_SIGNATURES:
        raise Broken("the checkpoint has more signatures than one may have")
    signatures = [signature_line(line) for line in lines[:-1].split("\n")]
    return Signed(text + "\n", head[0], int(head[1]), unbase64(head[2], 32), signatures)


def signature_line(line: str) -> tuple[str, bytes, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014":
        raise Broken("a signature line of the checkpoint is misshapen")
    raw = unbase64(parts[2])
    return parts[1], raw[:4], raw[4:]


def is_signed(note: Signed, key: Key) -> bool:
    """Tell whether the key signed. Raises Broken for a signature in its name that is false."""
    found = [raw for name, known, raw in note.signatures if (name, known) == (key.name, key.id())]
    if not all(is_genuine(note.text, key, raw) for raw in found):
        raise Broken(f"the signature of {key.name} does not belong to the checkpoint")
    return bool(found)


def is_genuine(text: str, key: Key, raw: bytes) -> bool:
    if key.kind == WITNESS_KEY:  # C2SP tlog-cosignature: the time, in eight bytes, comes first.
        text, raw = f"cosignature/v1\ntime {int.from_bytes(raw[:8], 'big')}\n{text}", raw[8:]
    return is_signature(key.public, text.encode(), raw)


def proof_of(text: str, first: str) -> tuple[int, list[bytes], str]:
    """Take a proof apart: the number in its first line, its hashes, its checkpoint."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    name, _, number = lines[0].partition(" ")
    if name != first or not WHOLE.fullmatch(number):
        raise Broken("a proof is misshapen")
    return int(number), [unbase64(line, 32) for line in lines[1:]], note


def place_in_tree(entry_hash: str, proof: str, checkpoint: str) -> int:
    """Return the entry's place in the tree that the checkpoint signs. Raises Broken."""
    form, _, rest = proof.partition("\n")
    index, path, note = proof_of(rest, "index")
    point = signed_note(checkpoint)
    if form != PROOF or note != checkpoint:
        raise Broken("a proof is of another checkpoint than the pack's")
    if root_from(leaf_hash(bytes.fromhex(entry_hash)), index, point.size, path) != point.root:
        raise Broken("an entry is not where its proof says it is in the signed tree")
    return index


# --- What the pack's checkpoint says --------------------------------------------------------------


def checkpoint_in(document: dict[str, Any]) -> dict[str, Any]:
    """Return the member `checkpoint`; empty where evidence rests on none."""
    return document.get("checkpoint") or {}


def stated(member: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of the entry that states the checkpoint. Raises Broken."""
    return dict(parsed(member["statement"]["text"])["facts"])


def check_checkpoint(document: dict[str, Any], given: Given) -> Iterator[Check]:
    """Its text, the last entry that it covers, which states it, and its place in the tree agree."""
    member = checkpoint_in(document)
    if not member:
        words = (
            "the pack rests on no signed checkpoint, so whoever has the portal's database could "
            "have written all of it anew"
        )
        asked = bool(given.keys or given.checkpoint)
        yield Check(NOT_PROVEN, "Checkpoint", words, asked)
        return
    point, entry = signed_note(member["note"]), member["statement"]
    body = alone(entry, "ledger", parsed(entry["text"])["seq"])
    facts, as_of = body["facts"], document["about"]["as_of"]
    place = place_in_tree(entry["hash"], member["proof"], member["note"])
    agree = (
        body["verb"] == "checkpoint.made"
        and (facts["origin"], facts["size"]) == (point.origin, point.size)
        and place == point.size - 1
        and facts["keys"] == member["keys"]
    )
    good = f"of {point.origin}, over {point.size} entries, as of {body['at']}, as its entry says"
    yield judged("Checkpoint", agree, good, "its text and the entry that states it differ")
    for proof in member["since"]:
        check_growth(proof, point, member["note"])
    if as_of != body["at"]:
        words = f"the pack says that it is as of {as_of}, and the checkpoint as of {body['at']}"
        yield Check(FAIL, "Checkpoint", words)


def check_signature(document: dict[str, Any], given: Given) -> Iterator[Check]:
    """The checkpoint is signed: by the reader's key, or at least by those that it names."""
    member = checkpoint_in(document)
    if not member:
        return
    point, keys = signed_note(member["note"]), [key_of(text) for text in member["keys"]]
    if not keys or not all(is_signed(point, key) for key in keys):
        raise Broken("the checkpoint is not signed by the keys that it is stated to be signed by")
    if not brought(given, LEDGER_KEY):
        words = (
            f"it is signed by the key {keys[-1].id().hex()}, which stands in the pack itself. That "
            "it is the portal's, only who got it in another way can tell (--key)"
        )
        yield Check(NOT_PROVEN, "Signature", words)
        return
    trusted = trusted_keys(member, given)
    if not trusted:
        names = ", ".join(key.name for key in brought(given, LEDGER_KEY))
        raise Broken(f"the checkpoint is of {point.origin}, and your key of {names}")
    by, own = {key.public for key in keys}, {key.public for key in brought(given, LEDGER_KEY)}
    good = "your key signed the checkpoint"
    if not by & own:
        good = "the checkpoint is signed by a key that yours handed over to"
    yield judged("Signature", bool(by & trusted), good, "the checkpoint is not signed by your key")


def brought(given: Given, kind: int) -> list[Key]:
    return [key for key in map(key_of, given.keys) if key.kind == kind]


def trusted_keys(member: dict[str, Any], given: Given) -> set[bytes]:
    """Return the keys that the reader can trust: their own, and those that it handed over to.

    A key hands over to the next by an entry and a checkpoint over it that both signed.
    """
    origin = signed_note(member["note"]).origin
    trusted = {key.public for key in brought(given, LEDGER_KEY) if key.name == origin}
    for old, new in map(handed_over, member["handovers"]):
        if old in trusted:
            trusted.add(new)
    return trusted


def former_keys(member: dict[str, Any], trusted: set[bytes]) -> set[bytes]:
    """Return those too from which a trusted key took over: they bound what was signed before."""
    found = set(trusted)
    for old, new in reversed([*map(handed_over, member["handovers"])]):
        if new in found:
            found.add(old)
    return found


def handed_over(handover: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return the old and the new key of one change of keys. Raises Broken."""
    entry, note = handover["entry"], handover["proof"].partition("\n\n")[2]
    body = alone(entry, "ledger", parsed(entry["text"])["seq"])
    place_in_tree(entry["hash"], handover["proof"], note)
    point = signed_note(note)
    old, new = (key_of(body["facts"][name]).public for name in ("old", "new"))
    both = all(is_signed(point, Key(point.origin, LEDGER_KEY, key)) for key in (old, new))
    if body["verb"] != "key.rotated" or not both:
        raise Broken("a change of the ledger's key is not signed by both keys")
    return old, new


def keys_in(document: dict[str, Any]) -> set[bytes]:
    """Return the keys that the pack itself speaks of, the present one and those before it."""
    member = checkpoint_in(document)
    keys = {key_of(text).public for text in member.get("keys", [])}
    return keys.union(*map(handed_over, member.get("handovers", [])))


def check_ends(document: dict[str, Any], _: Given) -> Iterator[Check]:
    """The checkpoint says of each stream how many entries it has: exactly those that are here."""
    if member := checkpoint_in(document):
        streams = streams_of(document)
        found = [end_of(stream, member) for stream in streams]
        yield from told("End", found, "as many entries as the checkpoint signs that each has")
        rest = stated(member)["streams"] - len(streams)
        words = f"what stands in the {rest} other streams of the ledger, and whom they are about"
        yield Check(NOT_PROVEN, "Other streams", words)


def end_of(stream: dict[str, Any], member: dict[str, Any]) -> tuple[bool, str]:
    """Hold a stream against the proof of its end (`countersign.ledger.end/1`)."""
    proof, facts = stream["end"], stated(member)
    path = [unbase64(one, 32) for one in proof["hashes"]]
    root = root_from(leaf_hash(proof["leaf"].encode()), proof["index"], proof["streams"], path)
    is_of_checkpoint = (
        (proof["format"], proof["streams"]) == (END_FORMAT, facts["streams"])
        and (proof["statement"], proof["proof"]) == (member["statement"], member["proof"])
        and root.hex() == facts["heads_root"]
    )
    name, count, head = parsed(proof["leaf"])
    last = stream["first"] + stream["entries"] - 1
    if not is_of_checkpoint or name != stream["stream"]:
        return False, f"{named(stream)}: the proof of its end is of another stream or checkpoint"
    if (last, stream["head"]) == (count, head):
        return True, f"{named(stream)} has exactly {count} entries as of the checkpoint"
    if last < count and not stream["records"]:
        here = f"{stream['first']} to {last} are here"
        return True, f"{named(stream)} has {count} entries as of the checkpoint, of which {here}"
    return False, f"{named(stream)} has {count} entries as of the checkpoint, not those {last} here"


def check_included(document: dict[str, Any], _: Given) -> Iterator[Check]:
    """The last entry of each stream is in the signed tree; its hash covers all before it."""
    member = checkpoint_in(document)
    if not member:
        return
    for stream in streams_of(document):
        hashes = [entry["hash"] for entry in stream["ledger"]]
        proofs = {one["seq"]: one["proof"] for one in stream["proofs"]}
        last = stream["first"] + len(hashes) - 1
        if not {stream["first"] if stream["first"] > 1 else last, last} <= proofs.keys():
            raise Broken(f"{named(stream)}: the proof of its last entry is missing")
        for seq, proof in proofs.items():
            if not stream["first"] <= seq <= last:
                raise Broken(f"{named(stream)}: a proof is of an entry that is not here")
            place_in_tree(hashes[seq - stream["first"]], proof, member["note"])
    for entry in document["entries"]:
        alone(entry, entry["stream"], entry["seq"])
        place_in_tree(entry["hash"], entry["proof"], member["note"])
    others = f"{len(document['entries'])} entries of other streams, which stand here alone"
    words = f"the last entry of each stream here, and {others}, are in the tree"
    yield Check(PASS, "Inclusion", f"{words} that the checkpoint signs")


def check_period(document: dict[str, Any], _: Given) -> Iterator[Check]:
    """Of a period, each stream shows the entry before it and the one after it, or where it ends."""
    scope = document["about"].get("scope", {})
    if "since" in scope and not checkpoint_in(document):
        words = "that nothing of the period is left out, without a checkpoint"
        yield Check(NOT_PROVEN, "Period", words)
    elif "since" in scope:
        found = [bounded(stream, scope["since"], scope["until"]) for stream in streams_of(document)]
        yield from told("Period", found, "none of the period's entries is left out, by their times")


def bounded(stream: dict[str, Any], since: str, until: str) -> tuple[bool, str]:
    times_of = [parsed(entry["text"])["at"] for entry in stream["ledger"]]
    end = parsed(stream["end"]["leaf"])[1]
    begins = stream["first"] == 1 or not since <= times_of[0] < until
    ends = stream["first"] + len(times_of) - 1 == end or not since <= times_of[-1] < until
    count = sum(since <= at < until for at in times_of)
    good = f"{named(stream)} has {count} entries from {since} to before {until}, all of them here"
    return begins and ends, good if begins and ends else f"{named(stream)}: entries may be left out"


def check_witnesses(document: dict[str, Any], given: Given) -> Iterator[Check]:
    """Those whose keys the reader brought cosigned the checkpoint."""
    member = checkpoint_in(document)
    for key in brought(given, WITNESS_KEY) if member else []:
        point = signed_note(member["note"])
        if is_signed(point, key):
            words = f"{key.name} cosigned the checkpoint at {cosigned_at(point, key)}"
            yield Check(PASS, "Witnesses", f"{words}, and saw none that contradicts it")
        else:
            yield Check(NOT_PROVEN, "Witnesses", f"{key.name} did not cosign the checkpoint", True)


def cosigned_at(point: Signed, key: Key) -> str:
    raw = {(name, known): raw for name, known, raw in point.signatures}[key.name, key.id()]
    seconds = min(int.from_bytes(raw[:8], "big"), LATEST)
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def check_earlier(document: dict[str, Any], given: Given) -> Iterator[Check]:
    """The tree begins with all that a checkpoint covered which the reader kept."""
    member = checkpoint_in(document)
    if not member or not given.checkpoint:
        return
    now, held = signed_note(member["note"]), signed_note(given.checkpoint)
    if now.origin != held.origin:
        raise Broken(f"the one that you hold is of {held.origin}, and the pack's of {now.origin}")
    known = keys_in(document) | {key.public for key in brought(given, LEDGER_KEY)}
    if not any(is_signed(held, Key(held.origin, LEDGER_KEY, public)) for public in known):
        raise Broken("the one that you hold is signed by none of this ledger's keys")
    early, late = sorted((now, held), key=lambda point: point.size)
    path = growth(early, late, [given.consistency, *member["since"]])
    if path is None:
        words = f"no proof from {early.size} to {late.size} entries is here (--consistency)"
        yield Check(NOT_PROVEN, "Earlier checkpoint", words, True)
        return
    bad = (
        f"the ledger was changed: what the one over {early.size} entries covers is not in the other"
    )
    yield judged("Earlier checkpoint", continues(early, late, path), growth_words(held, now), bad)


def growth(early: Signed, late: Signed, proofs: list[str]) -> list[bytes] | None:
    """Return the hashes of the proof that leads from one to the other, if there is one."""
    if early.size == late.size:
        return []
    for proof in filter(None, proofs):
        old, path, note = proof_of(proof, "old")
        if old == early.size and signed_note(note).text == late.text:
            return path
    return None


def check_growth(proof: str, point: Signed, note: str) -> None:
    """Raise Broken for a proof in the pack that leads to another tree than the pack's."""
    old, path, own = proof_of(proof, "old")
    if own != note or not 0 < old <= point.size or (old == point.size and path):
        raise Broken("a proof from an earlier checkpoint is of another one than the pack's")
    # What the tree of `old` entries was, only who kept its checkpoint knows, if it was a full one.
    is_full = old & (old - 1) == 0 or old == point.size
    if not is_full and roots_from(b"", old, point.size, path)[1] != point.root:
        raise Broken("a proof from an earlier checkpoint does not lead to the pack's")


def continues(early: Signed, late: Signed, path: list[bytes]) -> bool:
    if early.size == late.size:
        return early.root == late.root
    return roots_from(early.root, early.size, late.size, path) == (early.root, late.root)


def growth_words(held: Signed, now: Signed) -> str:
    if held.size <= now.size:
        return f"all {held.size} entries that yours covers stand unchanged at the tree's beginning"
    return (
        f"yours, over {held.size} entries, begins with all {now.size} that the pack's covers; it "
        "is later, and of what came in between the pack says nothing"
    )


# --- Signatures of people, as the portal bound them to their records (docs/signatures.md) ---------


def check_bindings(document: dict[str, Any], given: Given) -> Iterator[Check]:
    """Each sign-off is, word for word, the one that the portal signed when it was given."""
    held = {r["ref"]: r["fields"] for r in all_records(document)}
    kinds = ("sign_off:", "override_sign_off:")
    rows = {ref: fields for ref, fields in held.items() if ref.startswith(kinds)}
    bound = {ref: fields for ref, fields in rows.items() if fields.get("binding")}
    member = checkpoint_in(document)
    trusted = former_keys(member, trusted_keys(member, given)) if member else set()
    keys = trusted or keys_in(document)
    if bound and keys:
        wrong = [ref for ref in bound if not is_bound(ref, held, keys)]
        if wrong:
            words = f"not as they were given, or bound by another key: {listed(wrong)}"
            yield Check(FAIL, "Bindings", words)
        else:
            whose = "your key or one before it" if trusted else "a key that stands in the pack"
            words = f"{len(bound)} signatures of people are as they were given, bound by {whose}"
            yield Check(PASS if trusted else NOT_PROVEN, "Bindings", words)
    if loose := [ref for ref in rows if ref not in bound or not keys]:
        words = "are bound by no key that is known here"
        yield Check(NOT_PROVEN, "Bindings", f"{len(loose)} signatures of people {words}")


def is_bound(ref: str, held: dict[str, Any], keys: set[bytes]) -> bool:
    text = canonical(statement_of(ref, held[ref], held))
    message = SIGNATURE_FORMAT.encode() + b"\0" + text.encode()
    signature = unbase64(held[ref]["binding"], 64)
    return any(is_signature(key, message, signature) for key in keys)


def statement_of(ref: str, row: dict[str, Any], held: dict[str, Any]) -> dict[str, str]:
    """Return what a signature states: docs/signatures.md has the keys."""
    if ref.startswith("override_"):
        over = f"override:{row['override_id']}"
        request, digest, decision = held[over]["request_id"], row["override_digest"], "OVERRIDE"
    else:
        over, request = f"dossier:{row['dossier_id']}", row["request_id"]
        digest, decision = row["dossier_digest"], row["decision"]
    deputy = row.get("on_behalf_of_id", "")
    return {
        "format": SIGNATURE_FORMAT,
        "sign_off": ref,
        "request": f"request:{request}",
        "over": over,
        "digest": digest,
        "signer": f"user:{row['signer_id']}",
        "on_behalf_of": f"user:{deputy}" if deputy else "",
        "name_sha256": row["printed_name_sha256"],
        "role": row["role"],
        "decision": decision,
        "meaning": row["meaning"],
        "comment_sha256": row.get("comment_sha256", ""),
        "proof": row["proof"],
        "signed_at": row["signed_at"],
    }


def limits(document: dict[str, Any], witnessed: bool) -> Iterator[Check]:
    """Say what no file of this kind can prove."""
    if checkpoint_in(document):
        after = "that nothing was written since the checkpoint: ask for a newer pack"
        others = (
            "that the portal shows everybody the same ledger, and when that was: a witness "
            "has to have cosigned (--key), or you to have kept a checkpoint (--checkpoint)"
        )
        yield Check(NOT_PROVEN, "After the checkpoint", after)
        if not witnessed:
            yield Check(NOT_PROVEN, "One ledger for all", others)
    else:
        end = (
            "that no entry was written after the last one here, or cut off: hold the head against "
            "a signed checkpoint of the ledger, kept where the portal's owner cannot change it"
        )
        yield Check(NOT_PROVEN, "End of the stream", end)
    truth = (
        "that what people wrote is true, that they are who they say they are, what `about` and "
        "`names` say besides, and that the portal's clock was right"
    )
    yield Check(NOT_PROVEN, "Truth", truth)


def check_computed(document: dict[str, Any], _: Given) -> Iterator[Check]:
    """What else is in the evidence is the portal's own reading of it."""
    if others := ", ".join(sorted(document.keys() - MEMBERS)):
        words = f"what the portal made of the records is not computed anew here: {others}"
        yield Check(NOT_PROVEN, "Computed", words)


def check_sample(document: dict[str, Any], _: Given) -> Iterator[Check]:
    """Draw the sample again from the population beside it, and find the entry of each row."""
    if "sample" not in document:
        return
    population, sample = document["population"], document["sample"]
    rows, control = population["rows"], population["control"]
    digests = (sha256(canonical(rows).encode()), sha256(canonical(population).encode()))
    same = digests == (population["list_sha256"], sample["population"]["sha256"])
    counts = len({row["ref"] for row in rows}) == population["count"] == sample["count"]
    words = f"the list of {len(rows)} rows is the one that the sample was drawn from"
    yield Check(PASS if same and counts else FAIL, "Population", words)
    apart = sum(len(control[name]) for name in ("gone", "untold", "altered"))
    words = f"{control['rows']} rows in the tables, {control['told']} that the ledger tells of"
    agrees = apart == 0 and control["rows"] == control["told"]
    yield Check(PASS if agrees else FAIL, "Control total", words)
    drawn = drawn_again(rows, sample) == sample["chosen"]
    words = f"the seed {sample['seed']} draws these {len(sample['chosen'])} rows and no others"
    yield Check(PASS if drawn else FAIL, "Sample", words)
    chosen = {one["ref"] for one in sample["chosen"]}
    entries = {e["hash"]: e["text"] for stream in streams_of(document) for e in stream["ledger"]}
    found = [row for row in rows if row["ref"] in chosen]
    told = [row for row in found if row["ref"] in named_by(entries.get(row["entry"], ""))]
    words = f"of {len(found)} rows drawn, {len(told)} are told of by entries in this pack"
    yield Check(PASS if len(told) == len(found) else FAIL, "Sample, entries", words)


def drawn_again(rows: list[dict[str, str]], sample: dict[str, Any]) -> list[dict[str, str]]:
    """The lowest SHA-256 of seed, zero byte and reference, in each stratum so many as allotted."""
    column, size = sample["stratum"], sample["size"]
    strata: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        rank = sha256(sample["seed"].encode() + b"\0" + row["ref"].encode())
        strata.setdefault(row[column] if column else "", []).append((rank, row["ref"]))
    allotted = Counter({name: size * len(found) // len(rows) for name, found in strata.items()})
    order = sorted(strata, key=lambda name: (-(size * len(strata[name]) % len(rows)), name))
    allotted.update(order[: size - sum(allotted.values())])
    if sample["method"] == "PER_STRATUM":
        allotted = Counter({name: min(size, len(found)) for name, found in strata.items()})
    return [
        {"ref": ref, "stratum": name, "rank": rank}
        for name in sorted(strata)
        for rank, ref in sorted(strata[name])[: allotted[name]]
    ]


def named_by(text: str) -> set[str]:
    """The records that an entry tells the state of."""
    return {ref for ref, _ in parsed(text)["states"]} if text else set()


CHECKS = (
    ("Seal", check_seal),
    ("Ledger", check_ledger),
    ("Checkpoint", check_checkpoint),
    ("Signature", check_signature),
    ("End", check_ends),
    ("Inclusion", check_included),
    ("Period", check_period),
    ("Witnesses", check_witnesses),
    ("Earlier checkpoint", check_earlier),
    ("Records", check_records),
    ("Texts", check_prose),
    ("Digests", check_texts),
    ("Sign-offs", check_signed),
    ("Bindings", check_bindings),
    ("Promotions", check_moves),
    ("Computed", check_computed),
    ("Sample", check_sample),
)


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Check an evidence pack of Countersign.")
    parser.add_argument("file", help="the PDF, or the evidence as JSON")
    parser.add_argument("--sha256", default="", metavar="DIGEST", help="the file's, if known")
    keys = "a verifier key of the ledger or of a witness, got in another way; as often as needed"
    parser.add_argument("--key", action="append", default=[], metavar="VKEY", help=keys)
    parser.add_argument("--checkpoint", metavar="FILE", help="a checkpoint or a pack that you kept")
    parser.add_argument("--consistency", metavar="FILE", help="the proof from it to the pack's")
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")
    chosen = parser.parse_args(argv)
    chosen.sha256 = chosen.sha256.strip().lower()
    if chosen.sha256 and not HEX.fullmatch(chosen.sha256):
        parser.error("--sha256: 64 hexadecimal digits are needed")
    for text in chosen.key:
        try:
            key_of(text)
        except (Broken, ValueError) as reason:
            parser.error(f"--key: {reason}")
    return chosen


def show(checks: list[Check]) -> None:
    for check in checks:
        print(f"{check.outcome:<11} {check.subject}: {printable(check.words)}.")
    failed = sum(check.outcome == FAIL for check in checks)
    bad = f"FAILED: {failed} of the checks failed. Do not rely on this pack."
    open_ = "NOT PROVEN: nothing failed, and what you asked for could not be shown. See above."
    good = "PASSED: nothing that can be checked was changed. Read what is NOT PROVEN above."
    print("\n" + {0: good, 1: bad, 2: open_}[answer(checks)])


def answer(checks: list[Check]) -> int:
    """Return the exit code."""
    if any(check.outcome == FAIL for check in checks):
        return 1
    return 2 if any(check.asked and check.outcome == NOT_PROVEN for check in checks) else 0


def printable(text: str) -> str:
    """Keep a forged pack from writing to the terminal anything but letters."""
    return "".join(char if char.isprintable() and char.isascii() else "?" for char in text)


def kept(path: str | None) -> str:
    """Return the checkpoint in a file that the reader kept: the note itself, or a pack."""
    if not path:
        return ""
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith((b"%PDF-", b"{")):
        return data.decode("utf-8", "replace")
    return str(checkpoint_in(read(evidence_in(data)[0])).get("note", ""))


def main(argv: list[str] | None = None) -> int:
    chosen = arguments(sys.argv[1:] if argv is None else argv)
    try:
        with open(chosen.file, "rb") as file:
            data = file.read()
        checkpoint, consistency = kept(chosen.checkpoint), kept(chosen.consistency)
        if chosen.checkpoint and not checkpoint:
            raise Broken(f"{chosen.checkpoint} holds no checkpoint")
    except (OSError, Broken) as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 2
    checks = verify(
        data,
        file_digest=chosen.sha256,
        keys=tuple(chosen.key),
        checkpoint=checkpoint,
        consistency=consistency,
    )
    if chosen.json:
        print(json.dumps([check._asdict() for check in checks]))
    else:
        show(checks)
    return answer(checks)


if __name__ == "__main__":
    sys.exit(main())
