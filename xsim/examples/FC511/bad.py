# The vendor's score of 0 to 100 is handed over as severity, where the server knows 0 to 4.
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
            'severity': EVENT['score'],
        }
        incidents.append(incident)
    demisto.setLastRun({'id': EVENT['id']})
    demisto.incidents(incidents)


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
