"""What the outbox tells of by itself."""

from __future__ import annotations

from governance.audit.followers import follows
from governance.audit.rules import Verb
from governance.jobs.ledger import tell_of_alarm, telling_since

follows(Verb.ALARM_RAISED, since=telling_since)(tell_of_alarm)
