"""The addresses of records, from the records; `evidence_links` has more. Templates have both."""

from __future__ import annotations

from urllib.parse import quote, urlencode
from uuid import UUID

from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.core.instants import AS_OF, Instant
from governance.inventory.models import (
    Assessment,
    Campaign,
    Dependency,
    Model,
    ModelChange,
    QuestionnaireVersion,
    SavedView,
    TierOverride,
    Waiver,
)
from governance.inventory.rules.views import Listing
from governance.registry.models import DataSnapshot, ModelVersion, Slot
from governance.registry.queries.serving import Place

LISTS = {Listing.INVENTORY: "/models/", Listing.AUDIT: "/audit/"}


def model(row: Model) -> str:
    return model_named(row.name)


def model_named(name: str) -> str:
    return f"/models/{quote(name)}/"


def then(address: str, instant: Instant | None) -> str:
    """The same page as it stood at that moment; of the present, the page itself."""
    if instant is None:
        return address
    return f"{address}{'&' if '?' in address else '?'}{AS_OF}={instant.text}"


def view_of(row: SavedView) -> str:
    """The list as the view narrows and sorts it."""
    return f"{LISTS[Listing(row.listing)]}?{row.query}"


def change_view(row: SavedView) -> str:
    return f"/views/{row.pk}/"


def drop_view(row: SavedView) -> str:
    return f"/views/{row.pk}/delete/"


def rules(row: Model) -> str:
    """Which frameworks apply to the model, and why."""
    return f"{model(row)}rules/"


def framework(key: str) -> str:
    return f"/frameworks/{quote(key)}/"


def approvers(row: Model, request: PromotionRequest | None = None) -> str:
    """Who can sign for a request, or for what of the model would come next."""
    asked = f"?{urlencode({'request': request.pk})}" if request else ""
    return f"{model(row)}approvers/{asked}"


def pin(row: Model) -> str:
    return f"{model(row)}pin/"


def edit_record(row: Model) -> str:
    """The form of the inventory record, in the owners' admin."""
    return f"/admin/inventory/model/{row.pk}/change/"


def record(row: Model) -> str:
    """The inventory record, to be read."""
    return f"{model(row)}record/"


def retire(row: Model) -> str:
    return f"{model(row)}retire/"


def bring_back(row: Model) -> str:
    return f"{retire(row)}end/"


def dependencies(row: Model) -> str:
    return f"{model(row)}dependencies/"


def end_dependency(row: Dependency) -> str:
    return f"{dependencies(row.consumer)}{row.pk}/end/"


def assessments(row: Model) -> str:
    return f"{model(row)}assess/"


def ask_about(row: Model, slug: str, key: str = "") -> str:
    """One question about a model; without a key the first that is open."""
    asked = f"?{urlencode({'q': key})}" if key else ""
    return f"{assessments(row)}{slug}/{asked}"


def begin(row: Model, slug: str) -> str:
    return f"{assessments(row)}{slug}/begin/"


def go_over(row: Model, slug: str) -> str:
    return f"{assessments(row)}{slug}/review/"


def preview(row: Model, slug: str) -> str:
    return f"{assessments(row)}{slug}/preview/"


def assessment(row: Model, assessed: Assessment) -> str:
    return f"{model(row)}assessments/{assessed.pk}/"


def propose_tier(row: Model) -> str:
    return f"{assessments(row)}override/"


def tier_override(row: Model, proposed: TierOverride) -> str:
    return f"{model(row)}overrides/{proposed.pk}/"


def questionnaire(row: QuestionnaireVersion) -> str:
    return f"/questionnaires/{row.pk}/"


def review(row: Model) -> str:
    return f"{model(row)}review/"


def changes(row: Model) -> str:
    return f"{model(row)}changes/"


def change(row: ModelChange) -> str:
    return f"{changes(row.model)}{row.number}/"


def decide_change(row: ModelChange) -> str:
    return f"{change(row)}decide/"


def withdraw_change(row: ModelChange) -> str:
    return f"{change(row)}withdraw/"


def new_waiver(row: Model) -> str:
    return f"{model(row)}waivers/new/"


def waiver(row: Waiver) -> str:
    return f"/waivers/{row.pk}/"


def waivers_of(row: Model) -> str:
    return f"/waivers/?view=all&model={quote(row.name)}"


def campaign(row: Campaign) -> str:
    return f"/attestations/{row.pk}/"


def campaign_csv(row: Campaign) -> str:
    return f"{campaign(row)}progress.csv"


def attest(row: Campaign, of: Model) -> str:
    return f"{campaign(row)}models/{quote(of.name)}/"


def version(row: ModelVersion) -> str:
    return f"{model(row.model)}versions/{row.number}/"


def check_files(row: ModelVersion) -> str:
    return f"{version(row)}check/"


def label(row: ModelVersion) -> str:
    return f"{version(row)}label/"


def deprecate(row: ModelVersion) -> str:
    return f"{version(row)}deprecate/"


def undeprecate(row: ModelVersion) -> str:
    return f"{deprecate(row)}end/"


def snapshot(row: DataSnapshot) -> str:
    """The page of a state of data; nowhere, for data of which nobody knows the state."""
    return f"/data/{quote(row.digest, safe='')}/" if row.digest else ""


def card(row: ModelVersion) -> str:
    return f"{version(row)}card/"


def card_view(row: ModelVersion, reader: str) -> str:
    """The document about a version for one kind of reader."""
    return f"{card(row)}views/{reader}/"


def card_edit(row: ModelVersion) -> str:
    return f"{card(row)}edit/"


def card_import(row: ModelVersion) -> str:
    return f"{card(row)}import/"


def card_export(row: ModelVersion) -> str:
    return f"{card(row)}export/"


def validation(row: ModelVersion) -> str:
    return f"{version(row)}validation/"


def decision(row: PromotionRequest) -> str:
    return f"/decisions/{row.pk}/"


def certificate(row: PromotionRequest) -> str:
    return f"{decision(row)}certificate/"


def certificate_pdf(row: PromotionRequest) -> str:
    return f"{decision(row)}certificate.pdf"


def sign(row: PromotionRequest) -> str:
    return f"{decision(row)}sign/"


def comment_on_decision(row: PromotionRequest) -> str:
    return f"{decision(row)}comments/"


def tick(row: PromotionRequest, check_id: str) -> str:
    return f"{decision(row)}checks/{quote(check_id, safe='')}/"


def override(row: PromotionRequest, check_id: str) -> str:
    return f"{tick(row, check_id)}override/"


def sign_override(row: PromotionRequest, override_id: UUID) -> str:
    return f"{decision(row)}overrides/{override_id}/"


def take_back(row: PromotionRequest) -> str:
    return f"{decision(row)}withdraw/"


def comments(row: ModelVersion) -> str:
    return f"{version(row)}comments/"


def ask(row: ModelVersion) -> str:
    return f"{version(row)}ask/"


def emergency(row: ModelVersion) -> str:
    return f"{version(row)}emergency/"


def confirm(row: Slot) -> str:
    return f"{slot(row)}confirm/"


def roll_back(row: Model, slot: Slot | None = None) -> str:
    named = f"?{urlencode({'slot': slot.name})}" if slot and not slot.is_default else ""
    return f"{model(row)}roll-back/{named}"


def slot(row: Slot) -> str:
    return f"{model(row.model)}slots/{row.pk}/"


def new_slot(row: Model) -> str:
    return f"{model(row)}slots/new/"


def slot_of(place: Place) -> str:
    return f"{model(place.model)}slots/{place.slot.pk}/" if place.slot else model(place.model)


def version_numbered(row: Model, number: int) -> str:
    return f"{model(row)}versions/{number}/"


def decision_by_ref(ref: str) -> str:
    return f"/decisions/{ref.partition(':')[2]}/"


def live_on(row: Model) -> str:
    return f"/live/?model={quote(row.name)}"


def policy(row: PolicyVersion) -> str:
    return f"/policies/{row.pk}/"


def policy_by_ref(ref: str) -> str:
    return f"/policies/{ref.partition(':')[2]}/"


def sign_policy(row: PolicyVersion) -> str:
    return f"{policy(row)}sign/"


def audit_entry(key: UUID) -> str:
    """The audit log, narrowed to one entry."""
    return f"/audit/?entry={key}"


def evidence(row: Model) -> str:
    return f"/evidence/?model={quote(row.name)}"
