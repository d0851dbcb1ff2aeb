"""Reading a version's files where its source says that they lie, and taking their digests.

The address comes from whoever registered the version, so each reader goes only where the operator
lets it: folders in ARTIFACT_ROOTS, servers in TRACKING_HOSTS, buckets in ARTIFACT_BUCKETS.
"""

from governance.registry.reading.bounds import Report
from governance.registry.reading.sources import is_readable, read_artifacts

__all__ = ["Report", "is_readable", "read_artifacts"]
