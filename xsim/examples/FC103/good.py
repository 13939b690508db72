# Ids are dropped from the last run once they are too old to come back.
import json
from datetime import datetime, timedelta

import demistomock as demisto
from CommonServerPython import *


def new_events(last_run):
    """The three events of the last whole minute, at seconds 0, 10 and 20."""
    minute = (datetime.utcnow() - timedelta(minutes=1)).strftime('%Y-%m-%dT%H:%M')
    seen = json.loads(last_run.get('seen', '{}'))
    events = [{'id': f'{minute}-{number}', 'created': f'{minute}:{number}0Z'} for number in range(3)]
    events = [event for event in events if event['id'] not in seen]
    seen.update((event['id'], event['created']) for event in events)
    return events, seen


def to_incident(event):
    return {'name': f"Alert {event['id']}", 'occurred': event['created'], 'rawJSON': json.dumps(event)}


def main():
    last_run = demisto.getLastRun()
    events, seen = new_events(last_run)
    edge = (datetime.utcnow() - timedelta(minutes=5)).strftime('%Y-%m-%dT%H:%M:%SZ')
    kept = {key: created for key, created in seen.items() if created >= edge}
    demisto.setLastRun({'seen': json.dumps(kept)})
    demisto.incidents([to_incident(event) for event in events])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
