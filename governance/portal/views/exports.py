"""Taking the inventory away: as CSV, as an Excel workbook, and as JSON with all on record."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone

from governance.core.sheets import csv_bytes, write_workbook
from governance.evidence.queries.exports import export_document
from governance.evidence.queries.inventory_extract import extract_rows
from governance.inventory.queries.exchange import rows_of
from governance.portal.pages.inventory import found_models
from governance.portal.requests import PageRequest

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export_csv(request: PageRequest) -> StreamingHttpResponse:
    """The models of the list at this address as CSV, in the columns that an import reads."""
    models = found_models(request.GET, reader=request.user, at=timezone.now()).models
    parts = csv_bytes(rows_of(models.order_by("name")))
    return StreamingHttpResponse(
        parts, content_type="text/csv; charset=utf-8", headers=attached("inventory.csv")
    )


def export_excel(request: PageRequest) -> FileResponse:
    """The same as an Excel workbook, every cell of which is text."""
    models = found_models(request.GET, reader=request.user, at=timezone.now()).models
    return _workbook(rows_of(models.order_by("name")), title="Inventory", name="inventory.xlsx")


def _workbook(rows: Iterable[list[str]], *, title: str, name: str) -> FileResponse:
    # Some two megabytes for ten thousand models.
    file = BytesIO()
    write_workbook(rows, file, title=title)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=EXCEL)


def export_extract(request: PageRequest) -> FileResponse:
    """The same models in the columns that examiners ask for, as an Excel workbook."""
    at = timezone.now()
    models = found_models(request.GET, reader=request.user, at=at).models
    rows = extract_rows(models.order_by("name"), reader=request.user, at=at)
    return _workbook(rows, title="Inventory extract", name="inventory-extract.xlsx")


def export_json(request: PageRequest) -> StreamingHttpResponse:
    """All that is on record of the models of the list at this address, as one document."""
    at = timezone.now()
    models = found_models(request.GET, reader=request.user, at=at).models
    return StreamingHttpResponse(
        export_document(models, actor=request.user, at=at),
        content_type="application/json",
        headers=attached("inventory.json"),
    )


def attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
