"""The ids that a request names, and the records that they are of."""

from __future__ import annotations

from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import Columns, as_text
from xsim.simulate.vendor.rack import Rack
from xsim.simulate.vendor.versions import Version
from xsim.world import Endpoint


class AskedIds:
    """How one endpoint is told which records are meant."""

    def __init__(self, endpoint: Endpoint, columns: Columns) -> None:
        self._endpoint = endpoint
        self._column = columns.get(endpoint.id_field, "text") if endpoint.id_field else None

    @property
    def field(self) -> str:
        return self._endpoint.id_field or "id"

    def one(self, asked: Asked) -> str:
        """The one id of a detail call. Raises BadRequestError where none was sent."""
        endpoint = self._endpoint
        if not endpoint.id_name:
            # The part is named {id}; where it has another name it is the last one.
            return asked.parts.get("id", next(reversed([*asked.parts.values()]), ""))
        value = asked.one(endpoint.id_place, endpoint.id_name)
        if value is None:
            raise self._missing()
        return as_text(value)

    def all(self, asked: Asked) -> list[str]:
        """As they came; a text may hold several. Raises BadRequestError where not even an empty list was sent."""
        endpoint = self._endpoint
        if not endpoint.id_name:
            return [self.one(asked)]
        values = asked.values(endpoint.id_place, endpoint.id_name)
        if not values and not asked.was_sent(endpoint.id_place, endpoint.id_name):
            raise self._missing()
        return [as_text(value) for value in values]

    def find(self, asked: Asked, rack: Rack, text: str) -> Version | None:
        """The record with that id, as it is now."""
        return rack.find(self._column, text, self._endpoint.streams, asked.now)

    def found(self, asked: Asked, rack: Rack, texts: list[str]) -> list[Version]:
        """The records, each once, in the order in which they were asked for; what there is none of is left out."""
        versions: dict[int, Version] = {}
        for text in texts:
            version = self.find(asked, rack, text)
            # An id may hold a comma; where there is no such one, it separates several.
            several = [version] if version or "," not in text else self._each(asked, rack, text)
            versions.update((each.sequence, each) for each in several if each is not None)
        return list(versions.values())

    def _each(self, asked: Asked, rack: Rack, text: str) -> list[Version | None]:
        return [self.find(asked, rack, part.strip()) for part in text.split(",")]

    def _missing(self) -> BadRequestError:
        return BadRequestError(self._endpoint.id_name, None, "the parameter is required")
