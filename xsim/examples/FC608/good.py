# The ids of a look-back that were seen before are kept in the last run.
import json
from datetime import timedelta

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
    start = last_run.get('start', '2024-05-14T09:20:00Z')
    seen = json.loads(last_run.get('seen', '[]'))
    alerts = alerts_from(start)
    new = [alert for alert in alerts if alert['id'] not in seen]
    look_back = arg_to_datetime('now') - timedelta(minutes=10)
    start = max(start, look_back.strftime('%Y-%m-%dT%H:%M:%SZ'))
    demisto.setLastRun({'start': start, 'seen': json.dumps([alert['id'] for alert in alerts])})
    demisto.incidents([to_incident(alert) for alert in new])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
