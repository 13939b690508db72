# An event that the vendor lists late takes the last run back to its own, older time.
import json
from datetime import datetime

import demistomock as demisto
from CommonServerPython import *

ISO = '%Y-%m-%dT%H:%M:%SZ'
EVENTS = [  # The second one is listed three minutes after it happened.
    {'id': 'A-1', 'created': '2024-05-14T09:31:20Z', 'listed': '2024-05-14T09:31:30Z'},
    {'id': 'A-2', 'created': '2024-05-14T09:30:40Z', 'listed': '2024-05-14T09:33:40Z'},
]


def new_events(seen):
    now = datetime.utcnow().strftime(ISO)
    return [event for event in EVENTS if event['listed'] <= now and event['id'] not in seen]


def to_incident(event):
    return {'name': f"Alert {event['id']}", 'occurred': event['created'], 'rawJSON': json.dumps(event)}


def main():
    last_run = demisto.getLastRun()
    created, seen = last_run.get('created', ''), last_run.get('seen', '').split()
    events = new_events(seen)
    for event in events:
        created = event['created']
        seen.append(event['id'])
    demisto.setLastRun({'created': created, 'seen': ' '.join(seen)})
    demisto.incidents([to_incident(event) for event in events])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
