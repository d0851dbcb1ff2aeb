from django.urls import path, re_path, register_converter

from governance.api.converters import VersionNumber
from governance.api.views import Evaluations, NothingHere

app_name = "api"
register_converter(VersionNumber, "version")

urlpatterns = [
    path(
        "models/<str:name>/versions/<version:number>/evaluations",
        Evaluations.as_view(),
        name="evaluations",
    ),
    re_path("", NothingHere.as_view()),
]
