# The fetch looks back ten minutes behind the newest alert, and leaves out the ids that it delivered already.
import json
from datetime import datetime, timedelta

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
    seen = json.loads(last_run.get('seen', '{}'))
    alerts = [alert for alert in alerts_from(last_run.get('from', '2024-05-14T09:00:00Z')) if alert['id'] not in seen]
    seen.update((alert['id'], alert['created']) for alert in alerts)
    if seen:
        newest = datetime.strptime(max(seen.values()), '%Y-%m-%dT%H:%M:%SZ')
        start = (newest - timedelta(minutes=10)).strftime('%Y-%m-%dT%H:%M:%SZ')
        kept = {key: created for key, created in seen.items() if created >= start}
        last_run = {'from': start, 'seen': json.dumps(kept)}
    demisto.setLastRun(last_run)
    demisto.incidents([to_incident(alert) for alert in alerts])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
