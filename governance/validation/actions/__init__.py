"""Acts of independent review, by noun."""

from governance.validation.actions.findings import close_finding, open_finding
from governance.validation.actions.validations import save_validation, sign_validation

__all__ = ["close_finding", "open_finding", "save_validation", "sign_validation"]
