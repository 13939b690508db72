"""The short way from requests to the vendor, for calls to which urllib3 and http.client would add nothing.

A session without retries, as nearly all are, asks urllib3 for no more than to carry bytes. For plain calls of such
a session, which is most of what a fetch does, the answer is given where the session hands the request to its
adapter: that takes a quarter of the time. Whatever is in any way special goes the long way, through the patched
connection; both ways the vendor sees the same request and the script the same answer.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable
from typing import Any, Protocol

from xsim.model import Request
from xsim.simulate.line import NetworkLike
from xsim.simulate.wire import Answer, Headers, write_answer

# A URL that urllib3 leaves as it is: no user, no fragment, nothing to be quoted, no port that goes without saying.
is_plain_url = re.compile(
    r"(?P<origin>https?://(?P<host>[a-z0-9.-]*[a-z0-9](?::(?!(?:80|443)/)[1-9][0-9]*)?))"
    r"/(?!/)(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*"
).fullmatch
is_plain_value = re.compile(r"[\t\x20-\x7e]*").fullmatch

# Without them urllib3 sends values of its own.
NEEDED_HEADERS = frozenset({"user-agent", "accept-encoding"})
SPECIAL_HEADERS = frozenset({"host", "expect", "transfer-encoding"})
# An adapter that has its own of one of these does something that the short way would leave out.
STEPS = ("add_headers", "get_connection", "get_connection_with_tls_context", "request_url", "cert_verify")


class Patching(NetworkLike, Protocol):
    """The network, as this patch sees it. `latency_seconds`: how long an answer takes."""

    @property
    def latency_seconds(self) -> float: ...
    def replace(self, owner: Any, name: str, new: Any) -> None: ...


def patch_requests(module: Any, network: Patching) -> None:
    """`module` is `requests.adapters`."""
    adapter_type = module.HTTPAdapter
    send_long_way = adapter_type.send
    is_plain_adapter = _judge_of_adapters(adapter_type, module.Retry)

    def send(
        adapter: Any,
        request: Any,
        stream: Any = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> Any:
        plain = None
        if (
            is_plain_adapter(adapter)
            and (verify is True or verify is False or (type(verify) is str and os.path.exists(verify)))
            and not cert
            and not (proxies and any(proxies.values()))
            and is_patient(timeout, network.latency_seconds)
        ):
            plain = plain_request(request)
        if plain is None:
            return send_long_way(adapter, request, stream, timeout, verify, cert, proxies)
        reply = network.answer(plain)
        if reply.breaks or reply.is_late:
            # What a broken exchange looks like is urllib3's to say.
            with network.handing(reply):
                return send_long_way(adapter, request, stream, timeout, verify, cert, proxies)
        network.wait(reply)
        answer = write_answer(reply.status, reply.headers, reply.body)
        carried = to_urllib3(answer, plain, adapter.max_retries)
        response = adapter.build_response(request, carried)
        if not stream and is_plain_body(reply, carried):
            # The session is about to read it all, in pieces of 10 KB.
            response._content, response._content_consumed = carried.read(decode_content=True), True
        return response

    network.replace(adapter_type, "send", send)


def _judge_of_adapters(adapter_type: Any, retry_type: Any) -> Callable[[Any], bool]:
    usual = {name: getattr(adapter_type, name) for name in STEPS if hasattr(adapter_type, name)}
    known = {adapter_type: True}
    log = logging.getLogger("urllib3.connectionpool")

    def is_plain(adapter: Any) -> bool:
        kind = type(adapter)
        if kind not in known:
            known[kind] = all(getattr(kind, name) is step for name, step in usual.items())
        retries = adapter.max_retries
        return (
            known[kind]
            and type(retries) is retry_type
            and retries.total is not None
            and not retries.total
            and not retries.status_forcelist
            # Who looks at urllib3's log wants to see it.
            and not log.isEnabledFor(logging.DEBUG)
        )

    return is_plain


def is_patient(timeout: Any, latency: float) -> bool:
    """Whether the client is sure to wait for the answer."""
    parts = timeout if type(timeout) is tuple and len(timeout) == 2 else (timeout,)
    return all(part is None or (type(part) in (int, float) and part > latency) for part in parts)


def plain_request(request: Any) -> Request | None:
    """What the vendor would get of a prepared request. None where only urllib3 can tell."""
    url = is_plain_url(request.url)
    body = request.body or b""
    if type(body) is str and body.isascii():
        body = body.encode()
    if url is None or type(body) is not bytes:
        return None
    headers = plain_headers(request.headers, url["host"], len(body))
    return None if headers is None else Request(request.method, request.url, headers, body)


def plain_headers(given: Any, host: str, length: int) -> Headers | None:
    """As http.client puts them: the host comes first. None where they say anything that needs more than a look."""
    headers = [("Host", host), *given.items()]
    fields = {}
    for name, value in headers[1:]:
        if type(name) is not str or type(value) is not str or not is_plain_value(value) or not is_plain_value(name):
            return None
        fields[name.lower()] = value
    if not fields.keys() >= NEEDED_HEADERS or not fields.keys().isdisjoint(SPECIAL_HEADERS):
        return None
    if fields.get("connection") not in (None, "keep-alive") or fields.get("content-length", "0") != str(length):
        return None
    return tuple((name, value.strip(" \t")) for name, value in headers)


def is_plain_body(reply: Any, carried: Any) -> bool:
    """Whether reading it at once gives what reading it in pieces gives, and cannot fail."""
    length = carried.headers.get("Content-Length")
    is_whole = bool(reply.body) and length == str(len(reply.body))
    return is_whole and "Content-Encoding" not in carried.headers and "Transfer-Encoding" not in carried.headers


def to_urllib3(answer: Answer, request: Request, retries: Any) -> Any:
    """The answer as urllib3 would hand it to the adapter."""
    carried = sys.modules["http.client"].HTTPResponse(AnswerHolder(answer), method=request.method)
    carried.begin()
    urllib3 = sys.modules["urllib3.response"]
    return urllib3.HTTPResponse(
        body=carried,
        headers=urllib3.HTTPHeaderDict(carried.msg.items()),
        status=carried.status,
        version=carried.version,
        reason=carried.reason,
        preload_content=False,
        decode_content=False,
        original_response=carried,
        retries=retries,
        request_method=request.method,
        request_url=request.url[request.url.index("/", 8) :],
    )


class AnswerHolder:
    """What http.client takes for a socket that has an answer to be read."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def makefile(self, mode: str) -> Answer:
        """The answer as a file."""
        return self._answer
