"""Events and registrations of one run at once: whoever is second finds the other."""

from __future__ import annotations

from typing import Any

import pytest

from governance.audit.verification import verify
from governance.registry.actions import register_version
from governance.registry.actions.reported_lineage import report_lineage
from governance.registry.models import DataSnapshot, LineageEvent, ModelVersion, VersionInput
from governance.registry.rules import Registration
from governance.registry.rules.openlineage import read_event
from tests import factories as f
from tests.lineage_events import RUN, dataset, output, run_event
from tests.properties.test_races import at_once

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]

THREADS = 12


def test_every_event_finds_every_version_of_its_run() -> None:
    cast = f.make_cast()
    models = [f.make_model(cast, name=f"model-{n}") for n in range(3)]
    inputs = [dataset(version="b" * 64, rows=5)]
    outputs = [output(f"models:/{models[0].name}/1")]

    def work(index: int) -> Any:
        if index % 2:
            return register_version(
                model=models[index % 3],
                registration=Registration(source="s3://lake/m", run_id=RUN),
                actor=cast.developer,
                at=f.NOON,
            )
        # Half of the events are sent twice, as a client does that heard no answer.
        time = f"2026-03-02T09:00:{index - index % 4:02}Z"
        body = run_event(eventTime=time, inputs=inputs, outputs=outputs)
        return report_lineage(
            event=read_event(body), unit=cast.unit, actor=cast.developer, at=f.NOON
        )

    answers = at_once(work, THREADS)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    versions, events = ModelVersion.objects.count(), LineageEvent.objects.count()
    assert (versions, events) == (THREADS // 2, THREADS // 4)
    for version in ModelVersion.objects.all():
        assert version.lineage_matches.count() == events
    assert VersionInput.objects.count() == versions
    assert DataSnapshot.objects.count() == 1
    assert verify().intact
