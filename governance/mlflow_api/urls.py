from django.urls import path, re_path

from governance.mlflow_api.endpoints import endpoint, not_found
from governance.mlflow_api.views import (
    aliases,
    comments,
    databricks,
    models,
    requests,
    searches,
    transitions,
    versions,
    webhooks,
)

urlpatterns = [
    path("registered-models/create", endpoint(POST=models.create)),
    path("registered-models/get", endpoint(GET=models.get)),
    path("registered-models/search", endpoint(GET=searches.search_models)),
    path("registered-models/update", endpoint(PATCH=models.update)),
    path("registered-models/rename", endpoint(POST=models.rename)),
    path("registered-models/delete", endpoint(DELETE=models.delete)),
    path("registered-models/set-tag", endpoint(POST=models.set_tag)),
    path("registered-models/delete-tag", endpoint(DELETE=models.delete_tag)),
    path(
        "registered-models/get-latest-versions",
        endpoint(GET=models.get_latest_versions, POST=models.get_latest_versions),
    ),
    path(
        "registered-models/alias",
        endpoint(DELETE=aliases.delete, GET=aliases.get, POST=aliases.set_alias),
    ),
    path("model-versions/create", endpoint(POST=versions.create)),
    path("model-versions/get", endpoint(GET=versions.get)),
    path("model-versions/search", endpoint(GET=searches.search_versions)),
    path("model-versions/get-download-uri", endpoint(GET=versions.get_download_uri)),
    path("model-versions/update", endpoint(PATCH=versions.update)),
    path("model-versions/delete", endpoint(DELETE=versions.delete)),
    path("model-versions/set-tag", endpoint(POST=versions.set_tag)),
    path("model-versions/delete-tag", endpoint(DELETE=versions.delete_tag)),
    path("model-versions/transition-stage", endpoint(POST=transitions.transition_stage)),
    path("transition-requests/create", endpoint(POST=requests.create)),
    path("transition-requests/list", endpoint(GET=requests.list_open)),
    path("transition-requests/approve", endpoint(POST=requests.approve)),
    path("transition-requests/reject", endpoint(POST=requests.reject)),
    path("transition-requests/delete", endpoint(DELETE=requests.delete)),
    path("comments/create", endpoint(POST=comments.create)),
    path("comments/update", endpoint(PATCH=comments.update)),
    path("comments/delete", endpoint(DELETE=comments.delete)),
    path("databricks/registered-models/get", endpoint(GET=databricks.get_model)),
    path("databricks/model-versions/transition-stage", endpoint(POST=databricks.transition_stage)),
    path("webhooks", endpoint(of_models=False, GET=webhooks.search, POST=webhooks.create)),
    path(
        "webhooks/<str:webhook_id>",
        endpoint(of_models=False, DELETE=webhooks.delete, GET=webhooks.get, PATCH=webhooks.update),
    ),
    path("webhooks/<str:webhook_id>/test", endpoint(of_models=False, POST=webhooks.attempt)),
    re_path("", not_found),
]
