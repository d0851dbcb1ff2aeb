"""Reading and writing as all formats share it: guards, origins, what is carried, the account."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from governance.cards.formats.accounting import account_of, losses_of, lost, size, texts_of
from governance.cards.formats.form import form_problems
from governance.cards.formats.guards import MAX_BYTES, document_of, json_tree
from governance.cards.formats.protocol import (
    PAYLOAD,
    CardFormat,
    Document,
    Draft,
    Loss,
    Notice,
    Origin,
    Parsed,
    Reading,
    Rule,
    Writing,
)
from governance.cards.formats.trees import with_integers
from governance.cards.rules.model_card import ModelCard, Source, card_of_body
from governance.core.canonical import sha256_hex
from governance.core.errors import InvalidInput, Problem, invalid


def read(target: CardFormat, document: Document) -> Reading:
    """Return the card that the document holds; the whole of it, or InvalidInput."""
    parsed = target.parse(document)
    card, notices = _with_carried(parsed)
    source = Source(format=target.name, digest=document.digest, media_type=parsed.media_type)
    if target.keeps_source:
        others = tuple(one for one in card.sources if one.format != target.name)
        attachments = {**card.attachments, document.digest: document.data}
        card = replace(card, sources=(*others, source), attachments=attachments)
    if problems := [*form_problems(card.body()), *_kept_problems(card)]:
        raise InvalidInput(*problems)
    warnings = (*document.notices, *parsed.notices, *notices)
    return Reading(card=card, format=target.name, origin=source, warnings=warnings)


def _kept_problems(card: ModelCard) -> Iterator[Problem]:
    """What was kept has to be put back some day: it must be JSON, at a place."""
    for index, one in enumerate(card.kept):
        field = f"kept[{index}]"
        if not one.place.startswith("/"):
            yield Problem(field=f"{field}.place", rule="pointer", message="It begins with a /.")
        try:
            json_tree(one.json)
        except InvalidInput as error:
            yield Problem(field=f"{field}.json", rule="json", message=error.message)


def write(
    target: CardFormat,
    card: ModelCard,
    formats: Mapping[str, CardFormat],
    *,
    carry: bool = True,
    at: str = "",
) -> Writing:
    """Return the card in that format, and a line for each field that it cannot hold.

    What a format has no field for goes into its extension field, unless `carry` is false.
    """
    origin = _origin(target, card, formats)
    if origin and origin.format == target.name and _says(origin) == account_of(card):
        data = origin.document.data
        return Writing(data=data, format=target.name, kept=size(account_of(card)))
    draft = Draft(card=card, origin=origin, at=at)
    data = target.render(draft)
    ours = account_of(card)
    losses = _losses(target, ours, data)
    if carry and target.carries and losses:
        data, losses = _carrying(target, draft, losses, data)
    return Writing(data=data, format=target.name, kept=size(ours) - len(losses), losses=losses)


def _losses(target: CardFormat, ours: dict[str, Any], data: bytes) -> tuple[Loss, ...]:
    back = target.parse(document_of(data))
    missing = list(lost(ours, account_of(back.card)))
    # In JSON a text has escapes; a reader who decodes it finds the words as they are.
    words = "\n".join([data.decode(), *texts_of(back.card.body())])
    return tuple(losses_of(target, missing, words))


def _origin(
    target: CardFormat, card: ModelCard, formats: Mapping[str, CardFormat]
) -> Origin | None:
    """The first document that the format can start from, of those that the card was read from."""
    for name in target.starts_from:
        source = card.source(name)
        if source and source.digest in card.attachments:
            return _parsed_origin(formats[name], card.attachments[source.digest])
    return None


def _parsed_origin(target: CardFormat, data: bytes) -> Origin | None:
    """A file that came along in another one may be anything; of a wrong one nothing is used."""
    try:
        document = document_of(data)
        return Origin(format=target.name, document=document, parsed=target.parse(document))
    except InvalidInput:
        return None


def _says(origin: Origin) -> dict[str, Any]:
    return account_of(_with_carried(origin.parsed)[0])


# --- what is carried -----------------------------------------------------------------------------


def _carrying(
    target: CardFormat, draft: Draft, losses: Sequence[Loss], data: bytes
) -> tuple[bytes, tuple[Loss, ...]]:
    """Return the file with as much carried as it can hold; `data` is the file without."""
    card = draft.card
    carried = data, tuple(losses)
    known = {one.path for one in losses}
    for payload in _payloads(target, card, losses):
        try:
            full = target.render(replace(draft, carried=payload))
            back, _ = _with_carried(target.parse(document_of(full)))
        except InvalidInput:
            # It is too long: the next one is shorter.
            continue
        still = {one.path for one in _as_losses(target, account_of(card), account_of(back))}
        if still - known:
            # It takes the place of something that the file held: better carry less, or nothing.
            continue
        carried = full, tuple(one if one.path in still else _carried(one) for one in losses)
        if not still:
            break
    return carried


def _payloads(
    target: CardFormat, card: ModelCard, losses: Sequence[Loss]
) -> Iterator[dict[str, Any]]:
    """Yield all that may be carried; then without the files of other formats; then no figures."""
    yield _payload(target, card, losses)
    if card.sources:
        yield _payload(target, replace(card, sources=()), losses)
    if card.figures:
        yield _payload(target, replace(card, sources=(), figures=()), losses)


def _as_losses(target: CardFormat, ours: dict[str, Any], back: dict[str, Any]) -> Sequence[Loss]:
    return tuple(losses_of(target, list(lost(ours, back)), ""))


def _carried(loss: Loss) -> Loss:
    return replace(loss, rule=Rule.CARRIED)


def _payload(target: CardFormat, card: ModelCard, losses: Sequence[Loss]) -> dict[str, Any]:
    """The parts of the card in which anything is lost, and the files of other formats."""
    body = card.body()
    parts = {loss.path.split(".")[0].split("[")[0] for loss in losses}
    sections = {loss.path.split(".")[1] for loss in losses if loss.path.startswith("sections.")}
    carried = {key: body[key] for key in body if key in parts - {"sections"}}
    if sections:
        carried["sections"] = {
            key: body["sections"][key] for key in body["sections"] if key in sections
        }
    sources = [one for one in body.get("sources", ()) if one["format"] != target.name]
    wanted = {one["digest"] for one in (*sources, *carried.get("figures", ()))}
    if sources:
        carried["sources"] = sources
    return {"format": PAYLOAD, "card": carried, "attachments": packed(card.attachments, wanted)}


def packed(attachments: Mapping[str, bytes], wanted: set[str] | None = None) -> dict[str, str]:
    """Return bytes as base64, by digest."""
    return {
        digest: base64.b64encode(data).decode()
        for digest, data in sorted(attachments.items())
        if wanted is None or digest in wanted
    }


def unpacked(attachments: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the bytes, each of which must have the digest that it goes by."""
    found: dict[str, bytes] = {}
    for digest, text in attachments.items():
        try:
            data = base64.b64decode(str(text), validate=True)
        except (binascii.Error, ValueError):
            message = "It is not base64."
            raise invalid(f"attachments.{digest}", "base64", message) from None
        if sha256_hex(data) != digest:
            message = "The bytes have another SHA-256 than the one that they go by."
            raise invalid(f"attachments.{digest}", "digest", message)
        found[digest] = data
    if sum(map(len, found.values())) > MAX_BYTES:
        raise invalid("attachments", "length", "The attachments are too large together.")
    return found


def _with_carried(parsed: Parsed) -> tuple[ModelCard, tuple[Notice, ...]]:
    """Return the card with what the file carried; of a file changed since, only what fits."""
    payload = parsed.carried
    if payload is None:
        return parsed.card, ()
    field = "the extension field of Countersign"
    carried = with_integers(payload.get("card"))
    attachments = payload.get("attachments", {})
    if not isinstance(attachments, dict):
        carried = None
    if payload.get("format") != PAYLOAD or not isinstance(carried, dict) or form_problems(carried):
        return parsed.card, (Notice(field=field, message="It is not readable, and was not used."),)
    body = parsed.card.body()
    taken = {key: value for key, value in carried.items() if parsed.unchanged or key not in body}
    merged = {**body, **taken}
    if "sections" in carried:
        merged["sections"] = {**carried["sections"], **body.get("sections", {})}
        if parsed.unchanged:
            merged["sections"] = {**body.get("sections", {}), **carried["sections"]}
    card = card_of_body(merged, {**parsed.card.attachments, **unpacked(attachments)})
    refused = sorted(carried.keys() - taken.keys() - {"sections"})
    if not refused:
        return card, ()
    message = (
        "The file was changed after it was exported, so what it carried of "
        f"{', '.join(refused)} was not used."
    )
    return card, (Notice(field=field, message=message),)
