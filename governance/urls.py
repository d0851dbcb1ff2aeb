"""The four interfaces, side by side."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from governance.api.errors import server_error as api_server_error
from governance.mlflow_api.errors import server_error as mlflow_server_error
from governance.portal.errors import server_error as portal_server_error


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer when the portal serves; says nothing about anything behind it."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("api/2.0/mlflow/", include("governance.mlflow_api.urls")),
    path("ajax-api/2.0/mlflow/", include("governance.mlflow_api.urls")),
    path("api/v1/", include("governance.api.urls")),
    path("admin/", include("governance.owner_admin.urls")),
    path("", include("governance.portal.urls")),
]

handler403 = "governance.portal.errors.forbidden"
handler404 = "governance.portal.errors.not_found"


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a fault of ours in the form that the interface's callers read."""
    for prefix, answer in SERVER_ERRORS:
        if request.path.startswith(prefix):
            return answer(request)
    return portal_server_error(request)


SERVER_ERRORS = (
    ("/api/2.0/mlflow/", mlflow_server_error),
    ("/ajax-api/2.0/mlflow/", mlflow_server_error),
    ("/api/v1/", api_server_error),
)
handler500 = "governance.urls.server_error"
