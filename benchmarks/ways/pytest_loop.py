"""What an author can write today: a test that fetches in a loop, the clock frozen anew for each fetch.

CONTENT, CYCLES and ALERTS are environment variables, as pytest takes no arguments for a test.
"""

import json
import os
from datetime import datetime, timezone
from pathlib import Path

import world
from freezegun import freeze_time

CYCLES, ALERTS = int(os.environ["CYCLES"]), int(os.environ["ALERTS"])
world.make_importable(Path(os.environ["CONTENT"]))


def test_no_incident_comes_twice(requests_mock):
    import demistomock as demisto
    import HelloWorld

    platform, alerts = world.Platform(), world.Alerts(ALERTS)
    platform.play(demisto)
    moment = world.STARTS
    requests_mock.get(world.LIST_URL, content=lambda *_: alerts.body(moment))
    seen = set()
    for number in range(CYCLES):
        moment = world.STARTS + 60 * number
        with freeze_time(datetime.fromtimestamp(moment, timezone.utc)):
            HelloWorld.main()
        platform.last_run = json.loads(json.dumps(platform.last_run))
        assert len(platform.incidents) == ALERTS
        for incident in platform.incidents:
            name = json.loads(incident["rawJSON"])["alert_id"]
            assert name not in seen
            seen.add(name)
