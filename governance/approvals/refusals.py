"""What the database refuses of signatures and of what rests on them, whoever writes it.

The rules judge more and say it better; this is what holds for a row that no rule has seen.
"""

from __future__ import annotations

from django.apps import AppConfig, apps

from governance.audit.registration import forbid, names

BUILT = {
    "builder_signs": (
        "EXISTS (SELECT 1 FROM inventory_builder b "
        "WHERE b.model_id = v.model_id AND b.user_id IN {people})",
        "Who owned or built the model does not sign for it.",
    ),
    "registrant_signs": (
        "v.registered_by_id IN {people}",
        "Who registered the version does not sign for it.",
    ),
    "committer_signs": (
        "v.committed_by_id IN {people}",
        "Who committed the code of the version does not sign for it.",
    ),
    # On a rollback the one approver asks and signs in one act.
    "requester_signs": (
        "r.requested_by_id IN {people} AND r.move <> 'ROLLED_BACK'",
        "Who asked for the change does not sign it.",
    ),
    "card_editor_signs": (
        "(EXISTS (SELECT 1 FROM cards_cardeditor e "
        "WHERE e.version_id = v.id AND e.user_id IN {people}) "
        "OR EXISTS (SELECT 1 FROM cards_cardrevision c "
        "WHERE c.version_id = v.id AND c.published_by_id IN {people}))",
        "Who wrote in the card of the version does not sign for it.",
    ),
    "closed_is_signed": ("r.closed_at IS NOT NULL", "What is closed takes no signature."),
}
"""Conditions on a request `r` and its version `v`, in which `{people}` are those who sign.

They are made of names of our own tables and columns, and of nothing that anybody wrote.
"""

HANDS_REFUSED = {*BUILT, "signed_twice"} - {"closed_is_signed"}
"""The refusals of `SignOff` that speak of what the signer did before."""

GRANTED = """SELECT 1 FROM approvals_promotionrequest r
            WHERE r.version_id = NEW.version_id AND r.slot_id = NEW.slot_id AND (
                EXISTS (
                    SELECT 1 FROM approvals_signoff s
                    WHERE s.request_id = r.id AND s.decision = 'APPROVE'
                ) OR EXISTS (
                    SELECT 1 FROM approvals_dossiercopy d
                    WHERE d.request_id = r.id
                    AND d.text LIKE '%"key":"open-to-production","number":1,"ref":""%'
                )
            ) AND """
"""A request for this version and slot that somebody has approved; a condition on it follows.

Or one of the policy set open (decision 0011), whose dossier alone names a policy without a record.
"""


def forbid_what_no_rule_allowed(app: AppConfig) -> None:
    """Separation of duties, signatures bound to their record, nothing live without a request."""
    _signatures(app)
    _overrides(app)
    _requests(app)
    _live_traffic()
    _policies(app)


def _signatures(app: AppConfig) -> None:
    sign_off = app.get_model("SignOff")
    for name, (condition, says) in BUILT.items():
        # Also in whose name it is: a deputy frees nobody.
        people = condition.format(people="(NEW.signer_id, NEW.on_behalf_of_id)")
        when = f"""EXISTS (
            SELECT 1 FROM approvals_promotionrequest r
            JOIN registry_modelversion v ON v.id = r.version_id
            WHERE r.id = NEW.request_id AND {people}
        )"""  # noqa: S608 - names of our own tables
        forbid(sign_off, name=name, on="INSERT", when=when, says=says)
    forbid(
        sign_off,
        name="signed_twice",
        on="INSERT",
        # One person by hand and by deputy, which no unique constraint sees.
        when="""EXISTS (
            SELECT 1 FROM approvals_signoff s
            WHERE s.request_id = NEW.request_id AND s.dossier_digest = NEW.dossier_digest AND (
                s.signer_id IN (NEW.signer_id, NEW.on_behalf_of_id)
                OR s.on_behalf_of_id IN (NEW.signer_id, NEW.on_behalf_of_id)
            )
        )""",
        says="Nobody signs the same twice, by hand or by deputy.",
    )
    forbid(
        sign_off,
        name="other_record_signed",
        on="INSERT",
        when="""NOT EXISTS (
            SELECT 1 FROM approvals_dossiercopy d
            WHERE d.id = NEW.dossier_id AND d.request_id = NEW.request_id
            AND d.digest = NEW.dossier_digest
        )""",
        says="A signature belongs to the dossier and the request that it was given for.",
    )


def _overrides(app: AppConfig) -> None:
    sign_off = app.get_model("OverrideSignOff")
    for name, (condition, says) in BUILT.items():
        people = condition.format(people="(NEW.signer_id)")
        when = f"""EXISTS (
            SELECT 1 FROM approvals_override o
            JOIN approvals_promotionrequest r ON r.id = o.request_id
            JOIN registry_modelversion v ON v.id = r.version_id
            WHERE o.id = NEW.override_id AND {people}
        )"""  # noqa: S608 - names of our own tables
        forbid(sign_off, name=name, on="INSERT", when=when, says=says)
    forbid(
        sign_off,
        name="other_record_signed",
        on="INSERT",
        when="""NOT EXISTS (
            SELECT 1 FROM approvals_override o
            WHERE o.id = NEW.override_id AND o.digest = NEW.override_digest
        )""",
        says="A signature belongs to the override that it was given for.",
    )


def _requests(app: AppConfig) -> None:
    request = app.get_model("PromotionRequest")
    forbid(
        request,
        name="models_mixed",
        on="INSERT",
        when="""NOT EXISTS (
            SELECT 1 FROM registry_modelversion v JOIN registry_slot s ON s.model_id = v.model_id
            WHERE v.id = NEW.version_id AND s.id = NEW.slot_id AND v.model_id = NEW.model_id
        )""",
        says="A request names a version and a slot of one model.",
    )
    forbid(
        request,
        name="closed_opens_again",
        on="UPDATE",
        when="OLD.closed_at IS NOT NULL AND NEW.closed_at IS NULL",
        says="A request that is closed does not open again.",
    )


def _live_traffic() -> None:
    by_request = names("NEW.authorized_by", "request", "r.id")
    forbid(
        apps.get_model("registry", "StageChange"),
        name="live_unauthorized",
        on="INSERT",
        when=f"""NEW.target = 'PRODUCTION' AND NOT EXISTS ({GRANTED}
            r.target = 'PRODUCTION' AND r.move = NEW.move AND r.closed_at IS NULL
            AND {by_request}
        )""",
        says="A version enters Production on an open request for it that was signed.",
    )
    forbid(
        apps.get_model("registry", "SlotAssignment"),
        name="live_unauthorized",
        on="INSERT",
        # Less than was authorized takes no new request, and that one is closed by then.
        when=f"""NEW.role IN ('CHAMPION', 'CANARY') AND NOT EXISTS ({GRANTED}
            {by_request} AND CASE NEW.role
                WHEN 'CANARY' THEN r.move = 'SHARED' AND NEW.share <= r.share
                ELSE r.target = 'PRODUCTION' AND r.closed_at IS NULL
                    AND r.move NOT IN ('SHARED', 'CONFIRMED')
            END
        )""",
        says="A version gets live traffic of a slot on a request for it that was signed.",
    )


def _policies(app: AppConfig) -> None:
    proposed_it = names("p.proposed_by", "user", "NEW.signer_id")
    policy, sign_off = app.get_model("PolicyVersion"), app.get_model("PolicySignOff")
    forbid(
        sign_off,
        name="proposer_signs",
        on="INSERT",
        when=f"""EXISTS (
            SELECT 1 FROM approvals_policyversion p WHERE p.id = NEW.policy_id AND {proposed_it}
        )""",  # noqa: S608 - names of our own tables
        says="Who proposed a policy does not sign it.",
    )
    forbid(
        sign_off,
        name="other_record_signed",
        on="INSERT",
        when="""NOT EXISTS (
            SELECT 1 FROM approvals_policyversion p WHERE p.id = NEW.policy_id
            AND p.digest = NEW.policy_digest AND p.state = 'PROPOSED'
        )""",
        says="A signature belongs to the proposed policy that it was given for.",
    )
    forbid(
        policy,
        name="born_in_force",
        on="INSERT",
        when="NEW.state <> 'PROPOSED'",
        says="A policy begins as a proposal.",
    )
    forbid(
        policy,
        name="in_force_unsigned",
        on="UPDATE",
        when="""NEW.state = 'IN_FORCE' AND OLD.state <> 'IN_FORCE' AND (
            OLD.state <> 'PROPOSED' OR 2 > (
                SELECT count(*) FROM approvals_policysignoff s
                WHERE s.policy_id = NEW.id AND s.decision = 'APPROVE'
            )
        )""",
        says="A policy takes effect when two people have signed it.",
    )
