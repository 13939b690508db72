# The fetch takes max_fetch events, and the next one goes on behind them.
import json

import demistomock as demisto
from CommonServerPython import *


def events_after(number, count):
    """What the vendor answers: at most `count` of its 500 events behind that of the given number."""
    return [{'id': each} for each in range(number + 1, 501)][:count]


def to_incident(event):
    return {'name': f"Alert {event['id']}", 'occurred': '2024-05-14T09:29:20Z', 'rawJSON': json.dumps(event)}


def main():
    last_run = demisto.getLastRun()
    limit = arg_to_number(demisto.params().get('max_fetch')) or 50
    number = int(last_run.get('number', '0'))
    events = events_after(number, limit)
    demisto.setLastRun({'number': str(events[-1]['id'] if events else number)})
    demisto.incidents([to_incident(event) for event in events])


if __name__ in ('__main__', '__builtin__', 'builtins'):
    main()
