"""What a verdict takes for granted of the vendor, in words: bounds, order, precision, page size, indexing lag."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from datetime import timedelta
from operator import sub

from xsim.check.bounds import LOWER, UNIT_WORDS, UPPER
from xsim.check.excerpt import counted
from xsim.check.spans import spelled
from xsim.events import MICROSECOND, packed
from xsim.model import Scenario
from xsim.world import Endpoint, Filter, Limit, Login, Order, Quota

UNLIMITED = 1_000_000
"""A page size that nobody reaches: the endpoint has none."""
WORDS = {">": "exclusive", "<": "exclusive", ">=": "inclusive", "<=": "inclusive"}
RELATIVE = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
PAGES = {
    "page": "goes on by page number",
    "offset": "goes on by offset",
    "token": "goes on by token",
    "next_link": "goes on by link",
    "link_header": "goes on by Link header",
    "last_id": "goes on behind the last id",
    "kept": "goes on where the consumer stopped, which the server remembers",
}


def assumptions(scenario: Scenario) -> Iterator[str]:
    """A sentence for each list call, login and quota, one for kills, and one for when events become visible."""
    for endpoint in scenario.endpoints:
        if endpoint.kind == "list":
            yield f"{endpoint.method.upper()} {endpoint.path}: {'; '.join(parts(scenario, endpoint))}"
    yield from (of_login(login) for login in scenario.logins if login.life is not None)
    yield from (of_quota(quota) for quota in scenario.quotas)
    if any(fault.kind == "kill" for fault in scenario.faults):
        yield "of a killed fetch neither incidents nor last run count; what a server keeps of it is not documented"
    if scenario.hatch is not None:
        yield f"{scenario.hatch.shown or scenario.hatch.function} answers what no declared endpoint does"
    if scenario.events:
        events = packed(scenario.events)
        lags = array("q", map(sub, events.visible, events.occurred))
        yield listed_after(MICROSECOND * min(lags), MICROSECOND * max(lags))


def of_login(login: Login) -> str:
    assert login.life is not None
    name = f" of {login.name}" if login.name else ""
    return f"a token{name} is good for {spelled(login.life)}, and a request after that is answered with {login.status}"


def of_quota(quota: Quota) -> str:
    where = f" below {quota.path}" if quota.path else ""
    header = "" if quota.says_when else " without Retry-After"
    return (
        f"at most {counted(quota.calls, 'call')}{where} in {spelled(quota.per)}, "
        f"more are answered with {quota.status}{header}"
    )


def parts(scenario: Scenario, endpoint: Endpoint) -> Iterator[str]:
    for each in endpoint.filters:
        yield filtered(each)
    if not endpoint.filters:
        yield "no filter"
    paging = endpoint.paging
    is_kept = paging is not None and paging.kind == "kept"
    is_by_arrival = is_kept or (paging is not None and paging.tail_token)
    order = ordered(endpoint.order, endpoint.time_field or scenario.time_field, is_by_arrival)
    # Where the server keeps the place, an order is that within one answer.
    yield f"in order of arrival, within an answer {order}" if is_kept and endpoint.order.by else order
    yield limited(endpoint.limit)
    if endpoint.paging is not None:
        yield PAGES[endpoint.paging.kind]


def filtered(each: Filter) -> str:
    if each.compare in (*LOWER, *UPPER):
        unit = f" and compares {UNIT_WORDS[each.precision]}" if each.kind == "time" else ""
        back = f" (in {RELATIVE[each.relative]} back from now)" if each.relative else ""
        field = f" (by {each.field})" if each.field != each.name else ""
        return f"{each.name}{field}{back} is {WORDS[each.compare]}{unit}"
    return f"{each.name} keeps {each.field} {each.compare} its value"


def ordered(order: Order, time_field: str, is_by_arrival: bool) -> str:
    asked = (
        f", unless {order.name or order.direction_name} asks otherwise" if order.name or order.direction_name else ""
    )
    if not order.by:
        return ("in order of arrival" if is_by_arrival else "newest first") + asked
    main = order.by[0]
    if main.lstrip("+-") == time_field:
        return ("newest first" if main.startswith("-") else "oldest first") + asked
    return f"by {', '.join(order.by)}{asked}"


def limited(limit: Limit) -> str:
    if limit.default >= UNLIMITED:
        return "all records in one answer"
    most = f" (at most {limit.maximum:,})" if limit.name and limit.maximum != limit.default else ""
    return f"{limit.default:,} records an answer{most}"


def listed_after(least: timedelta, most: timedelta) -> str:
    # Finer parts come of records that write their times in milliseconds.
    least, most = (span // timedelta(milliseconds=1) * timedelta(milliseconds=1) for span in (least, most))
    if least == most:
        return "events are listed as they occur" if not most else f"events are listed {spelled(most)} after they occur"
    if least < timedelta(0):
        return f"events are listed at most {spelled(most)} after they occur"
    return f"events are listed {spelled(least)} to {spelled(most)} after they occur"
