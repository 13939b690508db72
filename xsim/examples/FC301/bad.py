# Each fetch asks only for what is older than five minutes, so that each alert waits five minutes.
import json
from datetime import datetime, timedelta

import demistomock as demisto
import requests
from CommonServerPython import *

URL = demisto.params()['url'] + '/alerts'


def alerts_between(start, end):
    return requests.get(URL, params={'created_from': start, 'created_to': end}).json()


def to_incident(alert):
    return {'name': f"Alert {alert['id']}", 'occurred': alert['created'], 'rawJSON': json.dumps(alert)}


def main():
    end = (datetime.utcnow() - timedelta(minutes=5)).strftime('%Y-%m-%dT%H:%M:%SZ')
    start = demisto.getLastRun().get('end', '2024-05-14T09:00:00Z')
    alerts = alerts_between(start, end)
    demisto.setLastRun({'end': end})
    demisto.incidents([to_incident(alert) for alert in alerts])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
