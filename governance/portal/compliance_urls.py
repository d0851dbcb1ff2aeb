"""Addresses of coverage, and of the evidence that people file."""

from __future__ import annotations

from governance.portal.routing import READ_AND_WRITE, WRITE, page
from governance.portal.views.coverage import (
    coverage,
    coverage_changes,
    coverage_of_firm,
    coverage_of_model,
    model_coverage,
)
from governance.portal.views.filing import (
    exclude,
    filed_list,
    filing,
    filing_file,
    filing_withdrawn,
    include,
    new_filing,
)

compliance_area = [
    page("compliance/", coverage, name="compliance"),
    page("compliance/changes/", coverage_changes, name="coverage_changes"),
    page("compliance/<str:framework>/", coverage_of_firm, name="coverage_of_firm"),
    page("compliance/<str:framework>/<str:name>/", coverage_of_model, name="coverage_of_model"),
    page("models/<str:name>/coverage/", model_coverage, name="model_coverage"),
    page("models/<str:name>/coverage/exclude/", exclude, name="exclude", methods=READ_AND_WRITE),
    page("models/<str:name>/coverage/include/", include, name="include", methods=WRITE),
    page("evidence/filed/", filed_list, name="filed_list"),
    page("evidence/filed/new/", new_filing, name="file_evidence", methods=READ_AND_WRITE),
    page("evidence/filed/<uuid:filed_id>/", filing, name="filed"),
    page("evidence/filed/<uuid:filed_id>/file", filing_file, name="filed_file"),
    page(
        "evidence/filed/<uuid:filed_id>/withdraw/",
        filing_withdrawn,
        name="filed_withdraw",
        methods=WRITE,
    ),
]
