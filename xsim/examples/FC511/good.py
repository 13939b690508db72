# The vendor's score is mapped to the server's levels.
import json

import demistomock as demisto
from CommonServerPython import *

EVENT = {'id': 'A-1', 'title': 'Sign-in from a new place', 'created': '2024-05-14T09:29:20Z', 'score': 85}


def to_severity(score):
    return IncidentSeverity.HIGH if score >= 70 else IncidentSeverity.MEDIUM if score >= 40 else IncidentSeverity.LOW


def main():
    incidents = []
    if not demisto.getLastRun():
        incident = {
            'name': EVENT['title'],
            'occurred': EVENT['created'],
            'rawJSON': json.dumps(EVENT),
            'severity': to_severity(EVENT['score']),
        }
        incidents.append(incident)
    demisto.setLastRun({'id': EVENT['id']})
    demisto.incidents(incidents)


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
