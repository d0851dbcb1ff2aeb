"""The four interfaces, side by side."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


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
handler500 = "governance.portal.errors.server_error"
