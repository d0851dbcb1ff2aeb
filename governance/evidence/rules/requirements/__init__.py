"""What frameworks ask for, how that relates, and what is due when: as data, read strictly.

No article and no date stands in this code. Which framework applies to a model is told by
`inventory.rules.frameworks`; here is what it then asks for.
"""

from governance.evidence.rules.requirements.bearing import Bearing, bearing
from governance.evidence.rules.requirements.crosswalks import Crosswalk, Link, Relation
from governance.evidence.rules.requirements.files import (
    SCHEMAS,
    read_crosswalk,
    read_obligations,
    read_requirements,
    read_sets,
)
from governance.evidence.rules.requirements.obligations import Mode, Obligation, Period, Unit
from governance.evidence.rules.requirements.requirements import (
    Edition,
    Level,
    Requirement,
    RequirementSet,
)
from governance.evidence.rules.requirements.together import Related, RequirementSets, put_together
from governance.evidence.rules.requirements.words import concerned, evidence_kinds

__all__ = [
    "SCHEMAS",
    "Bearing",
    "Crosswalk",
    "Edition",
    "Level",
    "Link",
    "Mode",
    "Obligation",
    "Period",
    "Related",
    "Relation",
    "Requirement",
    "RequirementSet",
    "RequirementSets",
    "Unit",
    "bearing",
    "concerned",
    "evidence_kinds",
    "put_together",
    "read_crosswalk",
    "read_obligations",
    "read_requirements",
    "read_sets",
]
