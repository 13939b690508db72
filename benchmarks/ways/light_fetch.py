"""A light fetch: one request, and an incident for each event of the answer."""

import json

import demistomock as demisto
import requests
from CommonServerPython import *  # noqa: F403


def main():
    first = int((demisto.getLastRun() or {}).get("next", 0))
    events = requests.get("https://vendor.example/events", params={"after": first}, timeout=30).json()
    incidents = []
    for number, event in enumerate(events, start=first):
        event["id"] = f"event-{number:010d}"
        incidents.append({"name": event["id"], "occurred": "2024-05-14T09:30:00Z", "rawJSON": json.dumps(event)})
    demisto.setLastRun({"next": str(first + len(incidents))})
    demisto.incidents(incidents)


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
