"""Where validations hold who signed them, and what was said of findings."""

from __future__ import annotations

from governance.audit.personal import register_texts
from governance.validation.models import Finding, Report

register_texts(Finding, about="model")
register_texts(Report, about="version__model", printed={"signed_name": "signed_by"})
