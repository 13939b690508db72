# Nobody can say how many alerts a fetch may bring, or how old they may be.
import json
from datetime import datetime

import demistomock as demisto
from CommonServerPython import *

ISO = '%Y-%m-%dT%H:%M:%SZ'
EVENTS = [{'id': f'A-{number}', 'created': f'2024-05-14T09:{29 + number}:20Z'} for number in range(6)]


def fetch_incidents(limit):
    last = demisto.getLastRun().get('created', '')
    now = datetime.utcnow().strftime(ISO)
    new = [event for event in EVENTS if last < event['created'] <= now][:limit]
    demisto.setLastRun({'created': new[-1]['created'] if new else last})
    demisto.incidents([
        {'name': f"Alert {event['id']}", 'occurred': event['created'], 'rawJSON': json.dumps(event)} for event in new
    ])


if demisto.command() == 'fetch-incidents':
    fetch_incidents(limit=50)
