# What an older version stored, a time in seconds, is read as well.
import json
from datetime import datetime

import demistomock as demisto
import requests
from CommonServerPython import *

URL = demisto.params()['url'] + '/alerts'


def alerts_from(start):
    return requests.get(URL, params={'created_from': start}).json()


def to_incident(alert):
    return {'name': f"Alert {alert['id']}", 'occurred': alert['created'], 'rawJSON': json.dumps(alert)}


def main():
    last_run = demisto.getLastRun()
    start = last_run.get('created', '2024-05-14T09:00:00Z')
    if 'time' in last_run:
        start = datetime.utcfromtimestamp(int(last_run['time'])).strftime('%Y-%m-%dT%H:%M:%S.999Z')
    alerts = alerts_from(start)
    demisto.setLastRun({'created': alerts[-1]['created'] if alerts else start})
    demisto.incidents([to_incident(alert) for alert in alerts])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
