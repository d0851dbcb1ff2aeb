"""Where there is nothing."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from rest_framework.request import Request
from rest_framework.views import APIView


class NothingHere(APIView):
    """Every other address of the interface."""

    CALL: ClassVar[str] = "unknown"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404
