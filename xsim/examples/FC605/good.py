# Times are handed over as text.
import json
from datetime import datetime

import demistomock as demisto
from CommonServerPython import *

ISO = '%Y-%m-%dT%H:%M:%SZ'
EVENTS = [{'id': f'A-{number}', 'created': f'2024-05-14T09:{29 + 2 * number}:20Z'} for number in range(4)]


def events_from(start):
    """What the vendor answers: the events from `start` on, itself included, as far as they have happened."""
    now = datetime.utcnow().strftime(ISO)
    return [event for event in EVENTS if start <= event['created'] <= now]


def to_incident(event):
    return {'name': f"Alert {event['id']}", 'occurred': event['created'], 'rawJSON': json.dumps(event)}


def main():
    last_run = demisto.getLastRun()
    start = last_run.get('created', '')
    events = [event for event in events_from(start) if event['created'] > start]
    newest = max([start, *(event['created'] for event in events)])
    demisto.setLastRun({'created': newest})
    demisto.incidents([to_incident(event) for event in events])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
