"""xsim's way: the schedule, its journal, all rules, the report as text. with_xsim.py CONTENT CYCLES ALERTS STATE"""

import sys
from pathlib import Path

import world

import xsim
from xsim.model import Response
from xsim.report import print_text

content, cycles, count, state = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
alerts = world.Alerts(count)


def vendor(request, now):
    return Response(200, (("Content-Type", "application/json"),), alerts.body(int(now.timestamp())))


report = xsim.run(
    world.hello_world(content), vendor=vendor, cycles=cycles, params=world.PARAMS, state=state, fresh=True
)
print_text(report)
assert report.delivered == cycles * count, f"{report.delivered} incidents, not {cycles * count}"
