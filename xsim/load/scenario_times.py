"""How a stream writes a time into its records: layout, digits of the fraction, offset."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from xsim.events import EPOCH, MICROSECOND, microseconds
from xsim.load.scenario_changes import read_path
from xsim.load.scenario_keys import DURATION, PATH, TEXT, WHOLE, Key, keyed
from xsim.load.scenario_table import Table
from xsim.load.scenario_values import offset_of
from xsim.world import JsonValue

NAMED_LAYOUTS = ("iso", "iso-offset", "iso-naive", "epoch-s", "epoch-ms", "epoch-us")
ALL_DIGITS = (0, 3, 6, 7)
KEYS = keyed(
    Key("field", PATH, "Where the time stands.", otherwise="`[identity] time`; needed in `other_times`"),
    Key("layout", TEXT, "How it looks, as in the next table.", "iso"),
    Key("digits", WHOLE, "Of the fraction of a second: 0, 3, 6 or 7.", otherwise="the layout's", most=7),
    Key("zone", "offset", 'The offset at which it is written: `"+02:00"`.', otherwise="UTC"),
)
OTHER_KEYS = {
    **KEYS,
    **keyed(
        Key("offset", DURATION, "In `other_times`: so much later than the event, with `-` in front earlier.", "0s")
    ),
}
"""Of a time beside the event's own."""

_PROBE = datetime(2023, 11, 29, 19, 47, 38, 987_654)
_TIMESPECS = {0: "seconds", 3: "milliseconds", 6: "microseconds", 7: "microseconds"}
_LENGTHS = {0: 19, 3: 23, 6: 26, 7: 26}
"""Characters of date, time and fraction, without an offset."""
_EPOCH_DIGITS = {"epoch-s": 0, "epoch-ms": 3, "epoch-us": 6}


@dataclass(frozen=True, slots=True)
class TimeField:
    """One field with a time. `unit` is the finest that its layout shows; `offset` is added to the event's time."""

    field: str
    layout: str = "iso"
    digits: int = 3
    zone: timedelta = timedelta(0)
    unit: timedelta = timedelta(milliseconds=1)
    offset: timedelta = timedelta(0)

    def seen(self, moment: datetime) -> datetime:
        """The moment as the field shows it, cut to its unit."""
        return moment - (moment + self.zone - EPOCH) % self.unit

    def write(self, moment: datetime, chance: random.Random) -> JsonValue:
        """The moment in the field's layout. The seventh digit of a fraction, finer than Python's times, is drawn."""
        seen = self.seen(moment)
        if self.layout in _EPOCH_DIGITS:
            return _epoch(seen, _EPOCH_DIGITS[self.layout], self.digits)
        if self.layout not in NAMED_LAYOUTS:
            local = seen.astimezone(timezone(self.zone))
            # %f writes six digits whatever was asked for.
            return local.strftime(self.layout.replace("%f", f"{local.microsecond:06}"[: self.digits]))
        text = (seen + self.zone).isoformat(timespec=_TIMESPECS[self.digits])[: _LENGTHS[self.digits]]
        if self.digits == 7:
            text += str(chance.randint(0, 9))
        return text + ("Z" if self.layout == "iso" else _offset_text(self.zone) if self.layout == "iso-offset" else "")


def read_time_field(table: Table, default: TimeField, *, with_offset: bool = False) -> TimeField:
    """A stream's `time`, or one of its `other_times`; what is not given is as in the default."""
    table = table.held_to(OTHER_KEYS if with_offset else KEYS)
    field = read_path(table, "field", default.field)
    layout = table.filled_text("layout", default.layout)
    usual = default.digits if layout == default.layout else _usual_digits(layout)
    digits = table.whole("digits", usual)
    _refuse_bad_digits(table, layout, digits)
    zone = _zone(table, default.zone)
    if layout == "iso" and zone:
        table.refuse("zone", 'layout "iso" is UTC with a Z', 'take layout = "iso-offset" or "iso-naive"')
    found = TimeField(field, layout, digits, zone, _unit(layout, digits), table.offset("offset"))
    if layout not in NAMED_LAYOUTS:
        _refuse_bad_layout(table, found)
    return found


def _usual_digits(layout: str) -> int:
    """Milliseconds where the layout has room for them: whole seconds hide faults."""
    if layout in NAMED_LAYOUTS:
        return _EPOCH_DIGITS.get(layout, 3)
    return 3 if "%f" in layout else 0


def _refuse_bad_digits(table: Table, layout: str, digits: int) -> None:
    if digits not in ALL_DIGITS:
        table.expect("digits", "0, 3, 6 or 7")
    most = 7 if layout.startswith("iso") else _EPOCH_DIGITS.get(layout, 6) or 6
    if digits > most and "digits" in table:
        table.expect("digits", f"at most {most} for this layout")
    if digits and layout not in NAMED_LAYOUTS and "%f" not in layout and "digits" in table:
        table.expect("digits", "0 for a layout without %f")


def _zone(table: Table, default: timedelta) -> timedelta:
    if "zone" not in table:
        return default
    found = offset_of(table.values["zone"])
    if found is None:
        table.expect("zone", 'an offset such as "+02:00" or "Z"')
    return found


def _unit(layout: str, digits: int) -> timedelta:
    if layout in NAMED_LAYOUTS or "%f" in layout:
        return MICROSECOND if digits >= 6 else timedelta(milliseconds=1) if digits == 3 else timedelta(seconds=1)
    units = {"%S": timedelta(seconds=1), "%M": timedelta(minutes=1), "%H": timedelta(hours=1), "%I": timedelta(hours=1)}
    return next((unit for directive, unit in units.items() if directive in layout), timedelta(days=1))


def _refuse_bad_layout(table: Table, field: TimeField) -> None:
    """A layout from which the time cannot be read back would leave nothing to compare with."""
    local = field.seen(_PROBE.replace(tzinfo=timezone(field.zone)))
    try:
        read = datetime.strptime(local.strftime(field.layout), field.layout)
        is_right = read.replace(tzinfo=None) == local.replace(tzinfo=None)
    except ValueError:
        is_right = False
    if not is_right:
        table.expect(
            "layout",
            f"one of {', '.join(NAMED_LAYOUTS)}, or a strftime layout that holds date and time",
            'such as "%Y-%m-%d %H:%M:%S"',
        )


def _epoch(moment: datetime, power: int, digits: int) -> int | float:
    since_epoch = microseconds(moment)
    if power == 0 and digits:
        return round(since_epoch / 10**6, digits)
    return int(since_epoch // 10 ** (6 - power))


def _offset_text(zone: timedelta) -> str:
    sign = "-" if zone < timedelta(0) else "+"
    hours, minutes = divmod(abs(zone) // timedelta(minutes=1), 60)
    return f"{sign}{hours:02}:{minutes:02}"
