"""Every address of the portal. Each area lists its own pages; add a new area's list here."""

from __future__ import annotations

from allauth.account.views import AccountInactiveView
from django.urls import path
from django.views.decorators.cache import never_cache

from governance.approvals.rules.duties import DutiesNotSeparated
from governance.approvals.rules.judgement import DossierChanged, RequestClosed
from governance.approvals.rules.policies import PolicyDecided
from governance.audit.proofs import NoCheckpoint
from governance.core.pdf import PdfTooLarge, PdfUnavailable
from governance.portal.compliance_urls import compliance_area
from governance.portal.examination_urls import examination_urls
from governance.portal.inventory_urls import inventory_area
from governance.portal.population_urls import population_urls
from governance.portal.routing import READ_AND_WRITE, WRITE, page
from governance.portal.views.account import ChangePassword, SecondStep, SignIn, SignOut
from governance.portal.views.accounts import (
    new_service_account,
    new_token,
    people,
    revoke,
    service_account,
    service_accounts,
)
from governance.portal.views.audit import audit_csv, audit_lines, audit_log
from governance.portal.views.card_comments import comment_section, settle
from governance.portal.views.card_editor import edit_card, forget_typed, keep_typed
from governance.portal.views.card_exchange import export, export_file, import_file, take_parts
from governance.portal.views.card_views import (
    card_view,
    download_card_markdown,
    download_card_pdf,
    view_not_drawn,
)
from governance.portal.views.cards import card, compare_cards, figure, publish_draft, withdraw
from governance.portal.views.certificates import certificate, download_certificate, not_drawn
from governance.portal.views.challenge import challenge_figures
from governance.portal.views.checks import override, sign_named_override, tick
from governance.portal.views.comments import comment_on_request
from governance.portal.views.data import snapshot
from governance.portal.views.decisions import (
    ask,
    decision,
    facts_changed,
    overtaken,
    overtaken_elsewhere,
    sign_request,
    take_back,
)
from governance.portal.views.delegations import delegations, end_lent
from governance.portal.views.emergencies import confirm, emergency
from governance.portal.views.evidence import download, evidence, pack
from governance.portal.views.home import decisions, home
from governance.portal.views.jobs import cancel_job, job
from governance.portal.views.ledger import checkpoint, growth, ledger, not_covered, proof
from governance.portal.views.personal import hold_person, lift, person, personal_data, text
from governance.portal.views.policies import (
    new_policy,
    policies,
    policy,
    policy_schema,
    sign_policy_version,
    signed_before,
)
from governance.portal.views.rehearsals import rehearse_policy
from governance.portal.views.rollbacks import roll_back_model, rollback_changed
from governance.portal.views.security import (
    add_app_page,
    add_passkey_page,
    challenge,
    options,
    remove_page,
    security,
)
from governance.portal.views.slots import alias, end, give_role, live, lower, new_slot, slot
from governance.portal.views.theme import choose_theme
from governance.portal.views.validation import (
    close_named_finding,
    raise_finding,
    record_validation,
    sign_report,
    validation,
)
from governance.portal.views.versions import check_files, deprecate, label, undeprecate
from governance.portal.views.views import new_audit_view
from governance.portal.views.webhooks import webhooks

account_urls = [
    path("sign-in/", SignIn.as_view(), name="account_login"),
    path("sign-in/second-step/", never_cache(SecondStep.as_view()), name="mfa_authenticate"),
    path("sign-out/", SignOut.as_view(), name="account_logout"),
    path("password/", ChangePassword.as_view(), name="account_change_password"),
    path("account-closed/", AccountInactiveView.as_view(), name="account_inactive"),
    path("theme/", choose_theme, name="theme"),
]

SECURITY = "security/"
security_urls = [
    page(SECURITY, security, name="security"),
    page(f"{SECURITY}app/", add_app_page, name="app_add", methods=READ_AND_WRITE),
    page(f"{SECURITY}passkey/", add_passkey_page, name="passkey_add", methods=READ_AND_WRITE),
    page(f"{SECURITY}passkey/options/", options, name="passkey_options", methods=WRITE),
    page(f"{SECURITY}challenge/", challenge, name="passkey_challenge", methods=WRITE),
    page(
        f"{SECURITY}<int:number>/remove/",
        remove_page,
        name="authenticator_remove",
        methods=READ_AND_WRITE,
    ),
]

home_urls = [
    page("", home, name="home"),
    page("decisions/", decisions, name="decisions"),
]

VERSION = "models/<str:name>/versions/<int:number>/"
version_urls = [
    page(f"{VERSION}check/", check_files, name="check_files", methods=WRITE),
    page(f"{VERSION}label/", label, name="label", methods=READ_AND_WRITE),
    page(f"{VERSION}deprecate/", deprecate, name="deprecate", methods=READ_AND_WRITE),
    page(f"{VERSION}deprecate/end/", undeprecate, name="undeprecate", methods=WRITE),
]

data_urls = [
    page("data/<path:digest>/", snapshot, name="snapshot"),
]

CARD = f"{VERSION}card/"
card_urls = [
    page(CARD, card, name="card"),
    page(f"{CARD}compare/", compare_cards, name="card_compare"),
    page(f"{CARD}edit/", edit_card, name="card_edit", methods=READ_AND_WRITE),
    page(f"{CARD}import/", import_file, name="card_import", methods=READ_AND_WRITE),
    page(
        f"{CARD}import/<slug:digest>/",
        take_parts,
        name="card_import_parts",
        methods=READ_AND_WRITE,
    ),
    page(f"{CARD}export/", export, name="card_export"),
    page(f"{CARD}export/<slug:to>/", export_file, name="card_export_file"),
    page(f"{CARD}keep/", keep_typed, name="card_keep", methods=WRITE),
    page(f"{CARD}forget/", forget_typed, name="card_forget", methods=WRITE),
    page(f"{CARD}publish/", publish_draft, name="card_publish", methods=WRITE),
    page(f"{CARD}withdraw/<int:revision>/", withdraw, name="card_withdraw", methods=READ_AND_WRITE),
    page(f"{CARD}files/<slug:digest>/", figure, name="card_figure"),
    page(f"{CARD}comment/<slug:section>/", comment_section, name="card_comment", methods=WRITE),
    page(f"{CARD}settle/<uuid:comment_id>/", settle, name="card_settle", methods=WRITE),
    page(f"{CARD}views/<slug:reader>/", card_view, name="card_view"),
    page(
        f"{CARD}views/<slug:reader>/pdf/",
        download_card_pdf,
        name="card_pdf",
        answers={PdfUnavailable: view_not_drawn, PdfTooLarge: view_not_drawn},
    ),
    page(f"{CARD}views/<slug:reader>/markdown/", download_card_markdown, name="card_markdown"),
]

VALIDATION = "models/<str:name>/versions/<int:number>/validation/"
validation_urls = [
    page(VALIDATION, validation, name="validation"),
    page(
        f"{VALIDATION}record/",
        record_validation,
        name="validation_record",
        methods=READ_AND_WRITE,
    ),
    page(f"{VALIDATION}sign/", sign_report, name="validation_sign", methods=READ_AND_WRITE),
    page(f"{VALIDATION}findings/new/", raise_finding, name="finding_raise", methods=READ_AND_WRITE),
    page(
        f"{VALIDATION}findings/<int:finding_number>/close/",
        close_named_finding,
        name="finding_close",
        methods=READ_AND_WRITE,
    ),
]

evidence_urls = [
    page("evidence/", evidence, name="evidence", methods=READ_AND_WRITE),
    page("evidence/<uuid:pack_id>/", pack, name="pack"),
    page("evidence/<uuid:pack_id>/<str:name>", download, name="pack_file"),
    page("jobs/<uuid:job_id>/", job, name="job"),
    page("jobs/<uuid:job_id>/cancel/", cancel_job, name="job_cancel", methods=WRITE),
]

decision_urls = [
    page("decisions/<uuid:request_id>/", decision, name="decision"),
    page("decisions/<uuid:request_id>/certificate/", certificate, name="certificate"),
    page(
        "decisions/<uuid:request_id>/certificate.pdf",
        download_certificate,
        name="certificate_pdf",
        answers={PdfUnavailable: not_drawn, PdfTooLarge: not_drawn},
    ),
    page(
        "decisions/<uuid:request_id>/sign/",
        sign_request,
        name="sign",
        methods=READ_AND_WRITE,
        answers={
            DossierChanged: facts_changed,
            RequestClosed: overtaken,
            # Who clicks twice is told so by the rule that nobody signs twice.
            DutiesNotSeparated: overtaken,
        },
    ),
    page(
        "decisions/<uuid:request_id>/withdraw/",
        take_back,
        name="withdraw",
        methods=WRITE,
        answers={RequestClosed: overtaken},
    ),
    page(
        "decisions/<uuid:request_id>/comments/",
        comment_on_request,
        name="decision_comment",
        methods=WRITE,
    ),
    page(
        "decisions/<uuid:request_id>/checks/<str:check_id>/",
        tick,
        name="tick",
        methods=READ_AND_WRITE,
        answers={RequestClosed: overtaken_elsewhere},
    ),
    page(
        "decisions/<uuid:request_id>/checks/<str:check_id>/override/",
        override,
        name="override",
        methods=READ_AND_WRITE,
        answers={RequestClosed: overtaken_elsewhere},
    ),
    page(
        "decisions/<uuid:request_id>/overrides/<uuid:override_id>/",
        sign_named_override,
        name="override_sign",
        methods=READ_AND_WRITE,
        answers={RequestClosed: overtaken_elsewhere},
    ),
    page("models/<str:name>/versions/<int:number>/ask/", ask, name="ask", methods=WRITE),
    page(
        "models/<str:name>/versions/<int:number>/emergency/",
        emergency,
        name="emergency",
        methods=READ_AND_WRITE,
    ),
    page(
        "models/<str:name>/roll-back/",
        roll_back_model,
        name="roll_back",
        methods=READ_AND_WRITE,
        answers={DossierChanged: rollback_changed},
    ),
]

SLOT = "models/<str:name>/slots/<uuid:slot_id>/"
slot_urls = [
    page("live/", live, name="live"),
    page("models/<str:name>/slots/new/", new_slot, name="slot_new", methods=READ_AND_WRITE),
    page(SLOT, slot, name="slot"),
    page(f"{SLOT}role/", give_role, name="slot_role", methods=WRITE),
    page(f"{SLOT}end/", end, name="slot_end", methods=WRITE),
    page(f"{SLOT}share/", lower, name="slot_share", methods=WRITE),
    page(f"{SLOT}alias/", alias, name="slot_alias", methods=WRITE),
    page(f"{SLOT}confirm/", confirm, name="slot_confirm", methods=WRITE),
]

policy_urls = [
    page("policies/", policies, name="policies"),
    page("policies/new/", new_policy, name="policy_new", methods=READ_AND_WRITE),
    page("policies/schema.json", policy_schema, name="policy_schema"),
    page("policies/rehearse/", rehearse_policy, name="policy_rehearse", methods=READ_AND_WRITE),
    page("policies/<uuid:policy_id>/", policy, name="policy"),
    page(
        "policies/<uuid:policy_id>/sign/",
        sign_policy_version,
        name="policy_sign",
        methods=WRITE,
        answers={DutiesNotSeparated: signed_before, PolicyDecided: signed_before},
    ),
]

SERVICES = "service-accounts/"
access_urls = [
    page("people/", people, name="people"),
    page(SERVICES, service_accounts, name="service_accounts"),
    page(
        f"{SERVICES}new/", new_service_account, name="service_account_new", methods=READ_AND_WRITE
    ),
    page(
        f"{SERVICES}<slug:name>/", service_account, name="service_account", methods=READ_AND_WRITE
    ),
    page(f"{SERVICES}<slug:name>/tokens/new/", new_token, name="token_new", methods=READ_AND_WRITE),
    page(
        f"{SERVICES}<slug:name>/tokens/<uuid:token_id>/revoke/",
        revoke,
        name="token_revoke",
        methods=WRITE,
    ),
]

PERSONAL = "personal-data/"
personal_urls = [
    page(PERSONAL, personal_data, name="personal_data", methods=READ_AND_WRITE),
    page(
        f"{PERSONAL}people/<uuid:person_id>/",
        person,
        name="personal_person",
        methods=READ_AND_WRITE,
    ),
    page(
        f"{PERSONAL}people/<uuid:person_id>/hold/", hold_person, name="personal_hold", methods=WRITE
    ),
    page(
        f"{PERSONAL}holds/<uuid:hold_id>/lift/", lift, name="personal_lift", methods=READ_AND_WRITE
    ),
    page(f"{PERSONAL}texts/<uuid:prose_id>/", text, name="personal_text", methods=READ_AND_WRITE),
]

delegation_urls = [
    page("delegations/", delegations, name="delegations", methods=READ_AND_WRITE),
    page("delegations/<uuid:delegation_id>/end/", end_lent, name="delegation_end", methods=WRITE),
]

webhook_urls = [
    page("webhooks/", webhooks, name="webhooks"),
]

challenge_urls = [
    page("challenge/", challenge_figures, name="challenge"),
]

audit_urls = [
    page("audit/", audit_log, name="audit"),
    page("audit/ledger/", ledger, name="ledger"),
    page("audit/ledger/checkpoints/<int:size>/", checkpoint, name="ledger_checkpoint"),
    page("audit/ledger/checkpoints/<int:size>/since/<int:old>/", growth, name="ledger_growth"),
    page(
        "audit/entries/<uuid:entry_id>/proof/",
        proof,
        name="entry_proof",
        answers={NoCheckpoint: not_covered},
    ),
    page("audit/entries.csv", audit_csv, name="audit_csv"),
    page("audit/entries.jsonl", audit_lines, name="audit_lines"),
    page("audit/views/new/", new_audit_view, name="audit_view_new", methods=READ_AND_WRITE),
]

urlpatterns = [
    *account_urls,
    *security_urls,
    *home_urls,
    *inventory_area,
    *version_urls,
    *card_urls,
    *data_urls,
    *validation_urls,
    *compliance_area,
    *evidence_urls,
    *population_urls,
    *examination_urls,
    *decision_urls,
    *slot_urls,
    *policy_urls,
    *access_urls,
    *personal_urls,
    *delegation_urls,
    *webhook_urls,
    *challenge_urls,
    *audit_urls,
]
