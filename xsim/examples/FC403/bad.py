# The vendor asks to wait half a minute, and the fetch tries again after two seconds.
import json
import time

import demistomock as demisto
import requests
from CommonServerPython import *

URL = demisto.params()['url'] + '/alerts'


def alerts_from(start):
    answer = requests.get(URL, params={'created_from': start})
    while answer.status_code == 429:
        time.sleep(2)
        answer = requests.get(URL, params={'created_from': start})
    answer.raise_for_status()
    return answer.json()


def to_incident(alert):
    return {'name': f"Alert {alert['id']}", 'occurred': alert['created'], 'rawJSON': json.dumps(alert)}


def main():
    start = demisto.getLastRun().get('created', '2024-05-14T09:00:00Z')
    alerts = alerts_from(start)
    demisto.setLastRun({'created': alerts[-1]['created'] if alerts else start})
    demisto.incidents([to_incident(alert) for alert in alerts])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
