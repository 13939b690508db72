# The event goes along as rawJSON.
import json

import demistomock as demisto
from CommonServerPython import *

EVENT = {'id': 'A-1', 'title': 'Sign-in from a new place', 'created': '2024-05-14T09:29:20Z', 'score': 85}


def main():
    incidents = []
    if not demisto.getLastRun():
        incident = {
            'name': EVENT['title'],
            'occurred': EVENT['created'],
            'rawJSON': json.dumps(EVENT),
        }
        incidents.append(incident)
    demisto.setLastRun({'id': EVENT['id']})
    demisto.incidents(incidents)


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
