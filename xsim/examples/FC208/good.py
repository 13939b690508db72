# An alert whose details cannot be had is asked for again in the next fetch, and the others go on.
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
    last_run = demisto.getLastRun()
    start = last_run.get('created', '2024-05-14T09:00:00Z')
    alerts, failed = [], []
    ids = [*json.loads(last_run.get('failed', '[]')), *call('/alerts', created_from=start)]
    for key in dict.fromkeys(ids):
        try:
            alerts.append(call(f'/alerts/{key}'))
        except requests.RequestException as error:
            demisto.error(f'{key}: {error}')
            failed.append(key)
    newest = max([start, *(alert['created'] for alert in alerts)])
    demisto.setLastRun({'created': newest, 'failed': json.dumps(failed)})
    demisto.incidents([to_incident(alert) for alert in alerts])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
