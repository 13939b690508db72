"""One fetch in a process of its own, as a shell loop runs it. one_cycle.py CONTENT LAST_RUN_FILE MOMENT ALERTS"""

import json
import sys
from datetime import datetime, timezone
from pathlib import Path

import world

content, stored, moment, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
world.make_importable(content)
import demistomock as demisto  # noqa: E402
import freezegun  # noqa: E402
import HelloWorld  # noqa: E402
import requests_mock  # noqa: E402

platform, alerts = world.Platform(), world.Alerts(count)
platform.play(demisto)
if stored.exists():
    platform.last_run = json.loads(stored.read_text())
with requests_mock.Mocker() as mocker, freezegun.freeze_time(datetime.fromtimestamp(moment, timezone.utc)):
    mocker.get(world.LIST_URL, content=lambda *_: alerts.body(moment))
    HelloWorld.main()
assert len(platform.incidents) == count, f"{len(platform.incidents)} incidents"
stored.write_text(json.dumps(platform.last_run))
