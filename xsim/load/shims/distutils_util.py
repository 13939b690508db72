"""Stands in for distutils.util."""

_VALUES = dict.fromkeys(("y", "yes", "t", "true", "on", "1"), 1) | dict.fromkeys(("n", "no", "f", "false", "off", "0"), 0)


def strtobool(val):
    """1 or 0 for a text that means true or false; ValueError for any other."""
    value = val.lower()
    if value not in _VALUES:
        raise ValueError(f"invalid truth value {value!r}")
    return _VALUES[value]
