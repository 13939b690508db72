"""A fetch that asks `count` times for 50 records, each time in a new session over https, and hands nothing over."""

import demistomock as demisto
import requests

HEADERS = {"Authorization": "Bearer a-long-made-up-key"}


def main():
    for number in range(int(demisto.params()["count"])):
        answer = requests.get("https://vendor.example/events", params={"page": number}, headers=HEADERS, timeout=30)
        assert len(answer.json()) == 50
    demisto.incidents([])


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
