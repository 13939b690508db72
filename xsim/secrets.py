"""How a secret is spelled where it turns up, in addresses, JSON, headers and logs, and how a text is rid of it.

Whoever writes anything that a script, a vendor or a parameter had a hand in writes it through a `masker`. It knows the
secret as it is, as JSON, repr, shell, HTML and addresses write it, in hexadecimal, and in base64 wherever it stands in
what was encoded ("user:password" too). It does not know it in other case, cut into pieces, or enciphered.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from html import escape
from shlex import quote as shell_quote
from typing import Any
from urllib.parse import quote, quote_plus

Mask = Callable[[str], str]
"""From text to the same text without secrets."""

MASKED = "***"
SHORTEST = 4
"""Characters. What is shorter would mask everything."""
WORDS = frozenset(
    """true false null none name type occurred created modified rawjson details severity labels label value owner status
    attachment dbotmirrorid customfields
    service_account authorized_user external_account googleapis.com
    client_credentials authorization_code refresh_token""".split()
)
"""JSON's own words and the keys of an incident are no secrets: without them no incident could be read. Nor is what says
in everybody's key file or login of which kind it is."""
HEAD = 24
"""So many characters of a longer secret are enough to know it by: texts are cut, and may end within it."""
_PIECE = 16
_LONGEST_PIN = 10
_SHORTEST_LINE = 8


def is_maskable(text: object) -> bool:
    """Whether a value can be hidden at all: a text of some length that is no word of the platform's own."""
    return isinstance(text, str) and len(text) >= SHORTEST and text.lower() not in WORDS


def spellings(secret: str) -> tuple[str, ...]:
    """The secret itself first, then as JSON, repr, shell, HTML, URLs, hexadecimal and base64 write it; each once."""
    raw = secret.encode("utf-8", "surrogatepass")
    forms = [secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]]
    forms += [repr(raw)[2:-1], escape(secret), shell_quote(secret).strip("'")]
    forms += [raw.hex(), raw.hex().upper()]
    for text in _in_base64(raw):
        forms += [text, text.replace("+", "-").replace("/", "_"), quote(text, safe="")]
    with suppress(UnicodeEncodeError):  # A lone surrogate has no address form.
        encoded = quote(secret, safe="")
        forms += [quote(secret), encoded, quote_plus(secret), quote(encoded)]
    return tuple(dict.fromkeys(forms))


def masker(secrets: Iterable[str]) -> Mask:
    """A function that puts *** in the place of each secret, however it is spelled; JSON in the text stays JSON."""
    hidden = sorted({secret for secret in secrets if secret}, key=_longest_first)
    numbers = [(secret, _alone(secret)) for secret in hidden if secret.isascii() and secret.isdigit()]
    needles: dict[str, list[_Needle]] = {}
    for text in sorted({form for secret in hidden for form in _forms(secret)}, key=_longest_first):
        needle = _Needle(text)
        needles.setdefault(needle.probe, []).append(needle)
    if not needles and not numbers:
        return lambda text: text

    def mask(text: str) -> str:
        struck = [each for probe, kin in needles.items() if probe in text for each in kin]
        if struck:
            struck.sort(key=lambda needle: _longest_first(needle.text))
            for needle in struck:
                text = needle.whole.sub(MASKED, text)
            text = _without_beginnings(text, [needle for needle in struck if needle.head is not None])
        for number, pattern in numbers:
            if number in text:
                text = pattern.sub(_hidden_number, text)
        return text

    return mask


class _Needle:
    """One spelling, and how it looks within JSON, in JSON within JSON, and so on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.probe = max(re.split(r"""[^!#-&(-.0-\[\]-~]""", text[:HEAD]), key=len)
        """Characters of its beginning that look the same everywhere: cheap to look for; "" where there are none."""
        self._pieces = [_anywhere(character) for character in text]
        self.whole = re.compile("".join(self._pieces))
        self.head = re.compile("".join(self._pieces[:HEAD])) if len(text) > HEAD else None

    def fitting(self, text: str, start: int) -> int:
        """Where what fits of it ends, if its head stands at `start`; else `start`."""
        found = self.head.match(text, start) if self.head is not None else None
        if found is None:
            return start
        end = found.end()
        for piece in self._pieces[HEAD:]:
            further = re.compile(piece).match(text, end)
            if further is None:
                break
            end = further.end()
        return end


def _without_beginnings(text: str, needles: list[_Needle]) -> str:
    """The text without what of a needle is as long as its head, and with no more than fits."""
    kept: list[str] = []
    behind = 0
    while starts := [
        found.start() for needle in needles if needle.head and (found := needle.head.search(text, behind))
    ]:
        start = min(starts)
        kept += (text[behind:start], MASKED)
        behind = max(needle.fitting(text, start) for needle in needles)
    return "".join((*kept, text[behind:])) if kept else text


@lru_cache(maxsize=1_000)
def _anywhere(character: str) -> str:
    """A pattern for the character as it is, and as JSON and repr write it however deep they are nested."""
    point = ord(character)
    if character == "\\":
        return r"\\+"
    if character in "\"'/":
        return r"\\*" + character
    if " " <= character <= "~":
        return re.escape(character)
    named = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}.get(character)
    forms = [re.escape(character), *([rf"\\+{named}"] if named else [])]
    if point < 0x100:
        forms.append(rf"\\+x{_any_case(f'{point:02x}')}")
    if point < 0x10000:
        forms.append(rf"\\+u{_any_case(f'{point:04x}')}")
    else:
        high, low = 0xD800 + (point - 0x10000 >> 10), 0xDC00 + (point & 0x3FF)
        forms += [rf"\\+u{_any_case(f'{high:04x}')}\\+u{_any_case(f'{low:04x}')}", rf"\\+U{_any_case(f'{point:08x}')}"]
    return f"(?:{'|'.join(forms)})"


def _any_case(digits: str) -> str:
    return "".join(f"[{each}{each.upper()}]" if each.isalpha() else each for each in digits)


def end_masker(secrets: Iterable[str]) -> Mask:
    """A function that hides the beginning of a secret at the end of a text that was cut there."""
    needles = sorted(
        {form[:HEAD] for secret in secrets if secret for form in (secret, *_forms(secret))}, key=_longest_first
    )

    def mask(text: str) -> str:
        kept = text.removesuffix("...")
        longest = 0
        for needle in needles:
            lengths = range(min(len(needle), len(kept)), max(longest, SHORTEST - 1), -1)
            longest = next((length for length in lengths if kept.endswith(needle[:length])), longest)
        return kept[: len(kept) - longest] + MASKED if longest else text

    return mask


def masked_value(value: Any, mask: Mask) -> Any:
    """A foreign value without secrets, in its keys as well."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(key) if isinstance(key, str) else key: masked_value(item, mask) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked_value(item, mask) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return 0 if mask(repr(value)) == MASKED else value
    return value


def _longest_first(text: str) -> tuple[int, str]:
    """A secret that holds another one must vanish whole."""
    return -len(text), text


def _forms(secret: str) -> Iterator[str]:
    """What to look for: the spellings of the secret and of what scripts take it apart to; of a number not itself."""
    if secret.isascii() and secret.isdigit():
        yield from spellings(secret)[1:]
        return
    members = _members(secret)
    # As part of a JSON text an object is no text in quotes: its members are hidden, so that it stays one.
    yield from (text for text in spellings(secret) if not (members and text.lstrip().startswith(("{", "["))))
    for member in members:
        yield from _forms(member)
    yield from _pieces(secret)


def _members(secret: str) -> list[str]:
    """The texts in a secret that is a JSON object, as a service account's key is, but for addresses and short words."""
    if not secret.lstrip().startswith(("{", "[")):
        return []
    try:
        waiting = [json.loads(secret)]
    except (ValueError, RecursionError):
        return []
    found: list[str] = []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif is_maskable(value) and len(value) >= _SHORTEST_LINE and not value.startswith(("http", "{", "[")):
            found.append(value)
    return found


def _pieces(secret: str) -> Iterator[str]:
    """What is left of a key of several lines where a script writes it line by line, or sets its line ends anew."""
    lines = [line.strip() for line in re.split(r"\n|\r|\\n", secret)]
    if len(lines) > 1 and not secret.lstrip().startswith("{"):
        yield from (line for line in lines if len(line) >= _SHORTEST_LINE and not line.startswith("-----"))
        yield from (piece for line in lines for piece in line.split() if len(piece) >= _PIECE)
    elif secret.startswith("-----"):
        yield from (piece for piece in secret.split() if len(piece) >= _PIECE)


def _in_base64(raw: bytes) -> Iterator[str]:
    """The whole, then what of it does not depend on what stands before and behind it, for each of three places."""
    yield base64.b64encode(raw).decode().rstrip("=")
    for before, unsure in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(raw)) * 8 // 6
        yield base64.b64encode(bytes(before) + raw).decode()[unsure:whole]


def _alone(number: str) -> re.Pattern[str]:
    """The number where it is one by itself: a short one is not looked for within longer ones, times and versions."""
    if len(number) > _LONGEST_PIN:
        return re.compile(number)
    return re.compile(rf"(?<!\d)(?<!\d[-:.T/]){number}(?!\d)(?![-:.T/]\d)")


def _hidden_number(found: re.Match[str]) -> str:
    """Where the JSON of the text has a number, another one: *** would be none."""
    text = found.string
    before, behind = text[: found.start()].rstrip()[-1:], text[found.end() :].lstrip()[:1]
    return "0" if before in (":", "[", ",") and behind in (",", "}", "]") else MASKED
