"""How a secret is spelled where it turns up: in addresses, in JSON, in logs. Whoever hides one needs all of them."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from urllib.parse import quote, quote_plus


def spellings(secret: str) -> tuple[str, ...]:
    """The secret itself first, then as JSON, repr, URLs and base64 write it; each once."""
    forms = [secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]]
    # The padding and the character before it depend on what follows, so the padding is left out.
    forms.append(base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode().rstrip("="))
    with suppress(UnicodeEncodeError):  # A lone surrogate has no address form.
        forms += [quote(secret), quote(secret, safe=""), quote_plus(secret)]
    return tuple(dict.fromkeys(forms))
