# One alert whose details cannot be had makes each fetch fail, and no other alert arrives.
import json

import demistomock as demisto
import requests
from CommonServerPython import *

URL = demisto.params()['url']


def call(path, **params):
    answer = requests.get(URL + path, params=params)
    answer.raise_for_status()
    return answer.json()


def to_incident(alert):
    return {'name': f"Alert {alert['id']}", 'occurred': alert['created'], 'rawJSON': json.dumps(alert)}


def main():
    start = demisto.getLastRun().get('created', '2024-05-14T09:00:00Z')
    ids = call('/alerts', created_from=start)
    alerts = [call(f'/alerts/{key}') for key in ids]
    demisto.setLastRun({'created': alerts[-1]['created'] if alerts else start})
    demisto.incidents([to_incident(alert) for alert in alerts])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
