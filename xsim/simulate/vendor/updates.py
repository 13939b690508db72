"""A call that changes records: acknowledged, labelled as read, deleted."""

from __future__ import annotations

from collections.abc import Mapping

from xsim.model import Response
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import Columns
from xsim.simulate.vendor.envelope import JSON_HEADERS, Envelope
from xsim.simulate.vendor.ids import AskedIds
from xsim.simulate.vendor.rack import Rack
from xsim.simulate.vendor.versions import Version
from xsim.world import Change, Endpoint, JsonValue, Listing, values_at


class UpdateCall:
    """An endpoint that sets fields of records, or deletes them."""

    def __init__(self, endpoint: Endpoint, columns: Columns) -> None:
        self._endpoint = endpoint
        self._ids = AskedIds(endpoint, columns)
        self._envelope = Envelope(endpoint, place=endpoint.record_at)

    def __call__(self, asked: Asked, rack: Rack) -> Response:
        """Says that it was done; later requests see it. Raises BadRequestError where no record has one of the ids.

        Of several ids those that name no record are passed over.
        """
        endpoint = self._endpoint
        texts = self._ids.all(asked)
        versions = self._ids.found(asked, rack, texts)
        if texts and not versions:
            problem = f"no record has the id {', '.join(texts)}"
            raise BadRequestError(endpoint.id_name or "id", texts[-1], problem, status=endpoint.unknown_status)
        change = Change(asked.time, {} if endpoint.deletes else self._values(asked), endpoint.deletes)
        rack.write({version.sequence: change for version in versions})
        if not endpoint.record_at or not versions:
            return self._done()
        # What was deleted is shown as it was.
        after = [rack.store.at(version.sequence, asked.now) or version for version in versions]
        return self._showing(after, texts)

    def _values(self, asked: Asked) -> Mapping[str, JsonValue]:
        """The new values; what the request does not send stays as it is. Raises BadRequestError."""
        found = {}
        for path, value in self._endpoint.set.items():
            if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
                sent = values_at(asked.json, value[1:-1])
                if sent:
                    found[path] = sent[0]
            else:
                found[path] = value
        return found

    def _done(self) -> Response:
        endpoint = self._endpoint
        if endpoint.text is not None or endpoint.status == 204:
            return Response(endpoint.status, (), (endpoint.text or "").encode())
        return Response(endpoint.status, JSON_HEADERS, self._envelope.without_place())

    def _showing(self, versions: list[Version], texts: list[str]) -> Response:
        is_one = len(versions) == 1 and len(texts) == 1
        bodies = b",".join(version.body for version in versions)
        body = self._envelope.around_one(bodies if is_one else b"[" + bodies + b"]")
        listed = tuple(version.id for version in versions)
        bounds = ((self._ids.field, "in", ",".join(texts)),)
        listing = Listing(self._endpoint.name, listed, len(listed), bounds)
        return Response(self._endpoint.status, JSON_HEADERS, body, listing)
