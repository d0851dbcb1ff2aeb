"""What stands behind each refusal of approvals: its rule, what would satisfy it, who can act.

The message of a refusal says what happened now; this says what always holds. Pages, problem+json
and the answers to MLflow's clients all read it here.
"""

from __future__ import annotations

from dataclasses import dataclass

SIGNERS = "Whoever holds the role that the policy asks for, and had no hand in the version."
REQUESTERS = "Whoever asked, or the owner of the model."
ASKERS = "Anybody who may ask for a change of stage: developers and owners of the unit."
POLICY_MAKERS = "Compliance and administrators propose policies; two others sign them."


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """`remedy` is said to the person who was refused."""

    rule: str
    remedy: str
    who: str


EXPLAINED: dict[str, Explanation] = {
    "already_decided": Explanation(
        rule="What was rejected or returned is not asked for again with the same facts.",
        remedy="Change what the reason names, or register a new version, then ask again.",
        who=ASKERS,
    ),
    "another_share_asked": Explanation(
        rule="One request at a time asks for a share of the traffic of a slot.",
        remedy="Withdraw the open request, or have it decided, then ask for another share.",
        who=REQUESTERS,
    ),
    "approval_lapsed": Explanation(
        rule="An approval that has ended, or whose condition was not met in time, carries nothing.",
        remedy="Meet the condition, or ask for a new approval.",
        who=ASKERS,
    ),
    "approval_missing": Explanation(
        rule="A version goes to a stage only with every signature that its policy asks for.",
        remedy="Wait for those named to sign, then ask again. The request stands meanwhile.",
        who=SIGNERS,
    ),
    "asked_meanwhile": Explanation(
        rule="What somebody asked to promote is not removed at the same moment.",
        remedy="Have the open request decided or withdrawn, then remove it.",
        who=REQUESTERS,
    ),
    "awaits_decision": Explanation(
        rule="A model is not retired while a request of it waits for its decision.",
        remedy="Have the open request decided or withdrawn, then retire the model.",
        who=REQUESTERS,
    ),
    "checks_not_met": Explanation(
        rule="Nobody approves while a check of the policy is not met.",
        remedy="You can return or reject the request. Once the check is met, you can approve.",
        who="Developers and owners mend what a check measures; validators, reports and findings.",
    ),
    "dossier_changed": Explanation(
        rule="A signature counts for exactly the facts that were on the screen.",
        remedy="Read what changed, then sign again.",
        who=SIGNERS,
    ),
    "duties_not_separated": Explanation(
        rule="Whoever had a hand in a version, or has signed it, does not judge it.",
        remedy="Leave the signature to somebody else. You can write a comment on the version.",
        who=SIGNERS,
    ),
    "no_emergency": Explanation(
        rule="Only a policy that says how an emergency is signed knows one.",
        remedy="Ask in the ordinary way, or propose a policy that knows an emergency.",
        who=POLICY_MAKERS,
    ),
    "no_policy": Explanation(
        rule="A version goes only where a policy in force leads.",
        remedy="Ask for a stage that a policy leads to, or have a policy proposed.",
        who=POLICY_MAKERS,
    ),
    "not_overridable": Explanation(
        rule="A check is overridden only where its policy says so, and by whom.",
        remedy="Mend what the check finds.",
        who="Developers and owners mend it; who makes policies can allow an override.",
    ),
    "not_serving": Explanation(
        rule="Only what serves in a slot is confirmed there.",
        remedy="Ask for Production instead, or confirm the champion of the slot.",
        who=ASKERS,
    ),
    "not_the_requester": Explanation(
        rule="A request is taken back by who asked, or by who owns the model.",
        remedy="Ask one of them. Who may sign it can return or reject it instead.",
        who=REQUESTERS,
    ),
    "not_your_turn": Explanation(
        rule="Where a policy sets an order, later steps wait for the earlier ones.",
        remedy="Wait until those before you have signed. You can return or reject it at once.",
        who=SIGNERS,
    ),
    "nothing_to_roll_back_to": Explanation(
        rule="A slot is rolled back to the version that served there last and was approved for it.",
        remedy="Ask for a version in the ordinary way.",
        who=ASKERS,
    ),
    "override_changed": Explanation(
        rule="An override is signed for exactly what its check found.",
        remedy="Read it again, then sign what stands there now.",
        who="Whoever the policy names for overrides.",
    ),
    "policy_decided": Explanation(
        rule="A version of a policy is decided once, and never put back behind a newer one.",
        remedy="Propose the text again as a new version.",
        who=POLICY_MAKERS,
    ),
    "request_closed": Explanation(
        rule="A request is decided once.",
        remedy="Read what was decided. Ask anew if the change is still wanted.",
        who=ASKERS,
    ),
    "sign_off_not_needed": Explanation(
        rule="Only signatures that the policy asks for are given.",
        remedy="Nothing: nobody waits for yours. You can write a comment on the version.",
        who=SIGNERS,
    ),
    "version_not_approved": Explanation(
        rule="Only approved versions are loaded, but by those who validate them.",
        remedy="Load a version that is in Production, or ask for this one to be approved.",
        who="Validators, and tokens with the scope to load what nobody approved.",
    ),
}
"""By the code of the refusal. What answers 404 is not here: it is not explained to anybody."""


DUTIES = {
    "card_editor_signs_not": "Whoever wrote in the card of a version does not sign for it.",
    "committer_signs_not": "Whoever committed the code of a version does not sign for it.",
    "developer_signs_not": "Whoever built a model signs none of its versions.",
    "nobody_signs_twice": "Nobody signs the same thing twice.",
    "overrider_signs_not": "Whoever lets a check fail for a request does not decide on it.",
    "owner_signs_not": "Whoever owns or owned a model signs none of its versions.",
    "proposer_signs_not": "Whoever proposed a policy does not sign it.",
    "registrant_signs_not": "Whoever answers for registering a version does not sign it.",
    "requester_signs_not": "Whoever asked for a change does not sign it.",
    "unit_builder_signs_not": "Where a policy asks so, nobody of the unit’s builders signs.",
    "validator_approves_not": "Whoever validated a version does not approve it as well.",
    "validator_asks_not": "Whoever validated a version does not ask for its change of stage.",
}
"""The rules of separation, by their names."""
