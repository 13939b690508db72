"""What an author writes to see one fetch of the badge reader. user_one_cycle.py SCRIPT COMMON_SERVER_FOLDER"""

import json
import sys
import types
from pathlib import Path

script, common_server = Path(sys.argv[1]), sys.argv[2]
demisto = sys.modules["demistomock"] = types.ModuleType("demistomock")
handed = []
demisto.params = lambda: {"first_fetch": "1 hour"}
demisto.args = dict
demisto.command = lambda: "fetch-incidents"
demisto.getLastRun = dict
demisto.setLastRun = lambda value: print("last run:", json.dumps(value))
demisto.incidents = handed.extend
demisto.callingContext = {"context": {}, "params": {}}
demisto.demistoVersion = lambda: {"version": "6.13.0", "buildNumber": "1", "platform": "xsoar"}
for name in ("debug", "info", "error", "log", "results"):
    setattr(demisto, name, lambda *_: None)
sys.path[:0] = [str(script.parent), common_server]

from freezegun import freeze_time  # noqa: E402

module = __import__(script.stem)
with freeze_time("2024-05-14T09:30:00Z"):
    module.main()
for incident in handed:
    print(incident["occurred"], incident["name"])
