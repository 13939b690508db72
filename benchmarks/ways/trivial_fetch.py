"""A fetch that makes up its incidents: no vendor, next to no work. Each event is a JSON text of 346 bytes."""

import json

import demistomock as demisto
from CommonServerPython import *  # noqa: F403

TEXT = "The agent saw what it should not. " * 8


def main():
    first = int((demisto.getLastRun() or {}).get("next", 0))
    incidents = []
    for number in range(first, first + int(demisto.params()["count"])):
        event = {"id": f"event-{number:010d}", "at": "2024-05-14T09:30:00Z", "text": TEXT}
        incidents.append({"name": f"Event {number}", "occurred": event["at"], "rawJSON": json.dumps(event)})
    demisto.setLastRun({"next": str(first + len(incidents))})
    demisto.incidents(incidents)


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
