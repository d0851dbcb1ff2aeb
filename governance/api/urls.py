from django.urls import path, re_path, register_converter

from governance.api.converters import VersionNumber
from governance.api.views import (
    Allow,
    Card,
    CardCheck,
    Cards,
    CardSchema,
    DeploymentReports,
    Emergency,
    Evaluations,
    Findings,
    LabeledVersion,
    LineageEvents,
    Live,
    Models,
    NothingHere,
    OneModel,
    OneRequest,
    Requests,
    Rollback,
    Rules,
    SnapshotVersions,
    Version,
    VersionLineage,
)

app_name = "api"
register_converter(VersionNumber, "version")

urlpatterns = [
    path("models", Models.as_view(), name="models"),
    path("models/<str:name>", OneModel.as_view(), name="model"),
    path("models/<str:name>/findings", Findings.as_view(), name="findings"),
    path("models/<str:name>/requests", Requests.as_view(), name="requests"),
    path("requests/<uuid:request_id>", OneRequest.as_view(), name="request"),
    path(
        "models/<str:name>/versions/<version:number>/evaluations",
        Evaluations.as_view(),
        name="evaluations",
    ),
    path(
        "models/<str:name>/versions/<version:number>/emergency",
        Emergency.as_view(),
        name="emergency",
    ),
    path("models/<str:name>/versions/<version:number>/cards", Cards.as_view(), name="cards"),
    path("models/<str:name>/versions/<version:number>/card", Card.as_view(), name="card"),
    path(
        "models/<str:name>/versions/<version:number>/card/check",
        CardCheck.as_view(),
        name="card_check",
    ),
    path("cards/schema", CardSchema.as_view(), name="card_schema"),
    path("models/<str:name>/versions/<version:number>", Version.as_view(), name="version"),
    path("models/<str:name>/labels/<str:label>", LabeledVersion.as_view(), name="labeled_version"),
    path("models/<str:name>/slots/<path:slot>/rollback", Rollback.as_view(), name="rollback"),
    path("models/<str:name>/rules", Rules.as_view(), name="rules"),
    path("live", Live.as_view(), name="live"),
    path("deployments/report", DeploymentReports.as_view(), name="report_deployment"),
    path("versions/<str:name>/<version:number>/allow", Allow.as_view(), name="allow"),
    path("lineage", LineageEvents.as_view(), name="report_lineage"),
    path(
        "versions/<str:name>/<version:number>/lineage",
        VersionLineage.as_view(),
        name="version_lineage",
    ),
    path("snapshots/<path:digest>/versions", SnapshotVersions.as_view(), name="snapshot_versions"),
    re_path("", NothingHere.as_view()),
]
