"""The floor: HelloWorld's main() in a plain loop, nothing simulated or checked. bare_loop.py CONTENT CYCLES ALERTS

Real clock, HTTP answered at HTTPAdapter.send, the last run in a variable; no journal, no report.
"""

import sys
from pathlib import Path

import world

content, cycles, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
world.make_importable(content)
import demistomock as demisto  # noqa: E402
import HelloWorld  # noqa: E402

platform, alerts = world.Platform(), world.Alerts(count)
platform.play(demisto)
platform.last_run = {"last_fetch": world.STARTS - 3600}
moment = world.STARTS
world.answer_at_adapter(lambda: alerts.body(moment))
for number in range(cycles):
    moment = world.STARTS + 60 * number
    HelloWorld.main()
    assert len(platform.incidents) == count, f"{len(platform.incidents)} incidents in cycle {number}"
