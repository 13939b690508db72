# The ids of a look-back that were seen before are kept in a class of a library, which goes with its process.
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
    start = demisto.getLastRun().get('start', '2024-05-14T09:20:00Z')
    seen = getattr(requests.Session, 'seen_alerts', set())
    alerts = alerts_from(start)
    new = [alert for alert in alerts if alert['id'] not in seen]
    requests.Session.seen_alerts = {alert['id'] for alert in alerts}
    look_back = arg_to_datetime('now') - timedelta(minutes=10)
    demisto.setLastRun({'start': max(start, look_back.strftime('%Y-%m-%dT%H:%M:%SZ'))})
    demisto.incidents([to_incident(alert) for alert in new])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
