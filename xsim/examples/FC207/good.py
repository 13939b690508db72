# The first fetch begins where its parameter says.
import json

import dateparser
import demistomock as demisto
import requests
from CommonServerPython import *

URL = demisto.params()['url'] + '/alerts'


def alerts_from(start):
    return requests.get(URL, params={'created_from': start}).json()


def to_incident(alert):
    return {'name': f"Alert {alert['id']}", 'occurred': alert['created'], 'rawJSON': json.dumps(alert)}


def main():
    first = dateparser.parse(demisto.params()['first_fetch'] + ' ago', settings={'TIMEZONE': 'UTC'})
    start = demisto.getLastRun().get('created', first.strftime('%Y-%m-%dT%H:%M:%SZ'))
    alerts = alerts_from(start)
    demisto.setLastRun({'created': alerts[-1]['created'] if alerts else start})
    demisto.incidents([to_incident(alert) for alert in alerts])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
