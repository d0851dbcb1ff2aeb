"""The addresses of the inventory: models, their records, and what is decided and kept of them."""

from __future__ import annotations

from governance.core.errors import InvalidInput
from governance.evidence.rules.requirements import SCHEMAS
from governance.inventory.rules import ModelNotFound
from governance.inventory.rules.imports import ImportChanged
from governance.portal.routing import READ_AND_WRITE, WRITE, page
from governance.portal.views.adoptions import adopt, adoption_refused, apply_adoption
from governance.portal.views.approvers import approvers
from governance.portal.views.assessments import (
    ask as ask_about,
)
from governance.portal.views.assessments import (
    assessment,
    assessments,
    begin,
    go_over,
    preview,
)
from governance.portal.views.attestations import (
    attest_in,
    campaign,
    campaigns,
    end_named_campaign,
    new_campaign,
    next_campaign,
    progress_csv,
)
from governance.portal.views.comments import comment
from governance.portal.views.dependencies import dependencies, end_dependency
from governance.portal.views.exports import (
    export_csv,
    export_excel,
    export_extract,
    export_json,
)
from governance.portal.views.frameworks import (
    framework,
    framework_schema,
    frameworks,
    obligations,
    rules,
)
from governance.portal.views.imports import (
    apply_import,
    import_plan,
    import_problems,
    import_refused,
    new_import,
)
from governance.portal.views.inventory import (
    inventory,
    inventory_csv,
    model,
    record,
    renamed_model,
    renamed_version,
    version,
)
from governance.portal.views.model_changes import (
    change,
    changes,
    decide_change,
    withdraw_named_change,
)
from governance.portal.views.pins import pin
from governance.portal.views.questionnaires import questionnaire, questionnaires
from governance.portal.views.retirements import bring_back, retire
from governance.portal.views.reviews import review, reviews
from governance.portal.views.tier_overrides import propose_tier, tier_override
from governance.portal.views.views import change_view, drop_view, new_view, views
from governance.portal.views.waivers import (
    decide,
    end_named_waiver,
    new_waiver,
    waiver,
    waivers,
)
from governance.registry.rules import VersionNotFound
from governance.registry.rules.adoptions import AdoptionChanged, NamesRefused

inventory_urls = [
    page("models/", inventory, name="inventory"),
    page("models.csv", inventory_csv, name="inventory_csv"),
    page("models/<str:name>/", model, name="model", answers={ModelNotFound: renamed_model}),
    page(
        "models/<str:name>/approvers/",
        approvers,
        name="approvers",
        answers={ModelNotFound: renamed_model},
    ),
    page("models/<str:name>/pin/", pin, name="pin", methods=WRITE),
    page(
        "models/<str:name>/versions/<int:number>/",
        version,
        name="version",
        answers={VersionNotFound: renamed_version},
    ),
    page(
        "models/<str:name>/versions/<int:number>/comments/",
        comment,
        name="comment",
        methods=WRITE,
    ),
]

CHANGES = "models/<str:name>/changes/"
CHANGE = f"{CHANGES}<int:number>/"
change_urls = [
    page(CHANGES, changes, name="changes", methods=READ_AND_WRITE),
    page(CHANGE, change, name="change"),
    page(f"{CHANGE}decide/", decide_change, name="change_decide", methods=WRITE),
    page(f"{CHANGE}withdraw/", withdraw_named_change, name="change_withdraw", methods=WRITE),
]

DEPENDENCIES = "models/<str:name>/dependencies/"
record_urls = [
    page("models/<str:name>/record/", record, name="record"),
    page("models/<str:name>/retire/", retire, name="retire", methods=READ_AND_WRITE),
    page("models/<str:name>/retire/end/", bring_back, name="bring_back", methods=READ_AND_WRITE),
    page(DEPENDENCIES, dependencies, name="dependencies", methods=READ_AND_WRITE),
    page(
        f"{DEPENDENCIES}<uuid:dependency_id>/end/",
        end_dependency,
        name="dependency_end",
        methods=WRITE,
    ),
]

# Not below models/, where it would stand in the way of a model of that name.
exchange_urls = [
    page("inventory/export.csv", export_csv, name="export_csv"),
    page("inventory/export.xlsx", export_excel, name="export_excel"),
    page("inventory/extract.xlsx", export_extract, name="export_extract"),
    page("inventory/export.json", export_json, name="export_json"),
    page("inventory/adopt/", adopt, name="adopt", methods=READ_AND_WRITE),
    page(
        "inventory/adopt/apply/",
        apply_adoption,
        name="adopt_apply",
        methods=WRITE,
        answers={AdoptionChanged: adoption_refused, NamesRefused: adoption_refused},
    ),
    page("inventory/import/", new_import, name="import_new", methods=READ_AND_WRITE),
    page("inventory/import/<str:digest>/", import_plan, name="import_plan"),
    page("inventory/import/<str:digest>/problems.csv", import_problems, name="import_problems"),
    page(
        "inventory/import/<str:digest>/apply/",
        apply_import,
        name="import_apply",
        methods=WRITE,
        answers={ImportChanged: import_refused, InvalidInput: import_refused},
    ),
]

ASSESS = "models/<str:name>/assess/"
assessment_urls = [
    page(ASSESS, assessments, name="assessments"),
    page(f"{ASSESS}override/", propose_tier, name="tier_propose", methods=READ_AND_WRITE),
    page(f"{ASSESS}<slug:slug>/", ask_about, name="ask_about", methods=READ_AND_WRITE),
    page(f"{ASSESS}<slug:slug>/begin/", begin, name="begin_again", methods=WRITE),
    page(f"{ASSESS}<slug:slug>/review/", go_over, name="go_over", methods=READ_AND_WRITE),
    page(f"{ASSESS}<slug:slug>/preview/", preview, name="preview", methods=READ_AND_WRITE),
    page("models/<str:name>/assessments/<uuid:assessment_id>/", assessment, name="assessment"),
    page(
        "models/<str:name>/overrides/<uuid:override_id>/",
        tier_override,
        name="tier_override",
        methods=READ_AND_WRITE,
    ),
    page("questionnaires/", questionnaires, name="questionnaires"),
    page("questionnaires/<uuid:questionnaire_id>/", questionnaire, name="questionnaire"),
]

view_urls = [
    page("views/", views, name="views"),
    page("views/new/", new_view, name="view_new", methods=READ_AND_WRITE),
    page("views/<uuid:view_id>/", change_view, name="view", methods=READ_AND_WRITE),
    page("views/<uuid:view_id>/delete/", drop_view, name="view_delete", methods=WRITE),
]

framework_urls = [
    page("models/<str:name>/rules/", rules, name="rules", answers={ModelNotFound: renamed_model}),
    page("frameworks/", frameworks, name="frameworks"),
    page("frameworks/schema.json", framework_schema, name="framework_schema"),
    *(
        page(f"frameworks/{kind}.json", framework_schema, name=f"{kind}_schema", kind=kind)
        for kind in SCHEMAS
    ),
    page("frameworks/obligations/", obligations, name="obligations"),
    page("frameworks/<str:key>/", framework, name="framework"),
]

CAMPAIGN = "attestations/<uuid:campaign_id>/"
WAIVER = "waivers/<uuid:waiver_id>/"
upkeep_urls = [
    page("reviews/", reviews, name="reviews"),
    page("models/<str:name>/review/", review, name="review", methods=READ_AND_WRITE),
    page("attestations/", campaigns, name="attestations"),
    page("attestations/new/", new_campaign, name="campaign_new", methods=READ_AND_WRITE),
    page(CAMPAIGN, campaign, name="campaign"),
    page(f"{CAMPAIGN}progress.csv", progress_csv, name="campaign_csv"),
    page(f"{CAMPAIGN}next/", next_campaign, name="campaign_next", methods=WRITE),
    page(f"{CAMPAIGN}end/", end_named_campaign, name="campaign_end", methods=WRITE),
    page(f"{CAMPAIGN}models/<str:name>/", attest_in, name="attest", methods=READ_AND_WRITE),
    page("waivers/", waivers, name="waivers"),
    page("models/<str:name>/waivers/new/", new_waiver, name="waiver_new", methods=READ_AND_WRITE),
    page(WAIVER, waiver, name="waiver"),
    page(f"{WAIVER}decide/", decide, name="waiver_decide", methods=WRITE),
    page(f"{WAIVER}end/", end_named_waiver, name="waiver_end", methods=WRITE),
]

inventory_area = [
    *inventory_urls,
    *record_urls,
    *change_urls,
    *exchange_urls,
    *assessment_urls,
    *view_urls,
    *upkeep_urls,
    *framework_urls,
]
