# A request that is refused is sent again with a new token.
import json

import demistomock as demisto
import requests
from CommonServerPython import *

URL = demisto.params()['url']


def log_in():
    login = {'user': 'ann', 'password': demisto.params()['password']}
    token = requests.post(f'{URL}/login', json=login).json()['token']
    demisto.setIntegrationContext({'token': token})
    return token


def alerts_from(start, token):
    headers = {'Authorization': f'Bearer {token}'}
    return requests.get(f'{URL}/alerts', params={'created_from': start}, headers=headers)


def to_incident(alert):
    return {'name': f"Alert {alert['id']}", 'occurred': alert['created'], 'rawJSON': json.dumps(alert)}


def main():
    token = demisto.getIntegrationContext().get('token') or log_in()
    start = demisto.getLastRun().get('created', '2024-05-14T09:00:00Z')
    answer = alerts_from(start, token)
    if answer.status_code == 401:
        answer = alerts_from(start, log_in())
    answer.raise_for_status()
    alerts = answer.json()
    demisto.setLastRun({'created': alerts[-1]['created'] if alerts else start})
    demisto.incidents([to_incident(alert) for alert in alerts])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
