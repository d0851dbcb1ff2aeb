"""Where the registry holds what people said of versions."""

from __future__ import annotations

from governance.audit.personal import register_texts
from governance.registry.models import Deprecation, VersionComment

register_texts(Deprecation, about="version__model")
register_texts(VersionComment, about="version__model")
