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
    LabeledVersion,
    LedgerCheckpointNote,
    LedgerEntries,
    LedgerEntryProof,
    LedgerFeed,
    LedgerGrowth,
    LedgerStreamEnd,
    LedgerStreams,
    LineageEvents,
    Live,
    NothingHere,
    Rollback,
    Rules,
    SnapshotVersions,
    Version,
    VersionLineage,
)

app_name = "api"
register_converter(VersionNumber, "version")

urlpatterns = [
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
    path("ledger/entries", LedgerEntries.as_view(), name="ledger_entries"),
    path("ledger/streams", LedgerStreams.as_view(), name="ledger_streams"),
    path("ledger/feed", LedgerFeed.as_view(), name="ledger_feed"),
    path("ledger/checkpoint", LedgerCheckpointNote.as_view(), name="ledger_newest"),
    path("ledger/checkpoints/<int:size>", LedgerCheckpointNote.as_view(), name="ledger_checkpoint"),
    path(
        "ledger/checkpoints/<int:size>/since/<int:old>",
        LedgerGrowth.as_view(),
        name="ledger_growth",
    ),
    path(
        "ledger/entries/<uuid:entry_id>/proof",
        LedgerEntryProof.as_view(),
        name="ledger_entry_proof",
    ),
    path("ledger/streams/<str:stream>/end", LedgerStreamEnd.as_view(), name="ledger_stream_end"),
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
