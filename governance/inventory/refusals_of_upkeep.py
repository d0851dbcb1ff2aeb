"""What the database refuses of reviews, attestations and waivers, whoever writes there."""

from __future__ import annotations

from django.apps import AppConfig

from governance.audit.registration import forbid


def forbid_judging_ones_own(app: AppConfig) -> None:
    """Who owns, builds or asks does not judge; and of a model only its owner attests."""
    forbid(
        app.get_model("Review"),
        name="builder_reviews",
        on="INSERT",
        when="""EXISTS (
            SELECT 1 FROM inventory_builder b
            WHERE b.model_id = NEW.model_id AND b.user_id = NEW.reviewer_id
        )""",
        says="Who owned or built the model does not review it.",
    )
    decision = app.get_model("WaiverDecision")
    forbid(
        decision,
        name="builder_decides",
        on="INSERT",
        when="""EXISTS (
            SELECT 1 FROM inventory_waiver w
            JOIN inventory_builder b ON b.model_id = w.model_id
            WHERE w.id = NEW.waiver_id AND b.user_id = NEW.decided_by_id
        )""",
        says="Who owned or built the model does not decide on its waiver.",
    )
    forbid(
        decision,
        name="requester_decides",
        on="INSERT",
        when="""EXISTS (
            SELECT 1 FROM inventory_waiver w
            WHERE w.id = NEW.waiver_id AND w.requested_by_id = NEW.decided_by_id
        )""",
        says="Who asked for the waiver does not decide on it.",
    )
    forbid(
        decision,
        name="withdrawn_is_decided",
        on="INSERT",
        when="EXISTS (SELECT 1 FROM inventory_waiverend e WHERE e.waiver_id = NEW.waiver_id)",
        says="What was withdrawn is not decided.",
    )
    _attestations(app)


def _attestations(app: AppConfig) -> None:
    attestation = app.get_model("Attestation")
    forbid(
        attestation,
        name="other_attests",
        on="INSERT",
        when="""NOT EXISTS (
            SELECT 1 FROM inventory_attestationitem i
            JOIN inventory_model m ON m.id = i.model_id
            WHERE i.id = NEW.item_id AND m.owner_id = NEW.owner_id
        )""",
        says="Only the owner of the model attests to its record.",
    )
    forbid(
        attestation,
        name="over_is_attested",
        on="INSERT",
        when="""EXISTS (
            SELECT 1 FROM inventory_attestationitem i
            WHERE i.id = NEW.item_id AND (
                EXISTS (SELECT 1 FROM inventory_campaignend e WHERE e.campaign_id = i.campaign_id)
                OR EXISTS (SELECT 1 FROM inventory_campaign c WHERE c.previous_id = i.campaign_id)
            )
        )""",
        says="In a campaign that is over nothing is attested.",
    )
