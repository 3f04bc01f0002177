"""What SMS providers allow, and how an SMS is cut into segments."""

from __future__ import annotations

import re
from typing import NamedTuple

from agentalign_env.core.ids import HEX, IdStyle

__all__ = ["Carrier", "carrier_of", "is_sender_name", "segments"]

# A letter, a digit and the signs of GSM 03.38 take one of 160 places, those of its extension table two.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")
_SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}")


class Carrier(NamedTuple):
    """An SMS provider.

    Attributes:
        name: As people say it.
        max_chars: The longest text that it takes.
        named_senders: Whether a text may come from a name instead of a number.
        ids: How its message ids look; `media_ids` those of messages with media.
    """

    name: str
    max_chars: int
    named_senders: bool
    ids: IdStyle
    media_ids: IdStyle


_HEX32 = IdStyle("", HEX, 32)
_PLAIN = Carrier("this provider", 1600, False, _HEX32, _HEX32)
_CARRIERS = {
    "twilio": Carrier("Twilio", 1600, False, IdStyle("SM", HEX, 32), IdStyle("MM", HEX, 32)),
    "messagebird": Carrier("MessageBird", 1377, True, _HEX32, _HEX32),
}


def carrier_of(provider: str) -> Carrier:
    """The carrier of this provider; an unknown one gets ordinary limits."""
    return _CARRIERS.get(provider, _PLAIN)


def is_sender_name(text: str) -> bool:
    """Whether a text can stand as the sender of an SMS: up to 11 letters and digits, not digits alone."""
    return _SENDER_NAME.fullmatch(text) is not None


def segments(text: str) -> int:
    """How many SMS a text takes: of 160 signs (153 when several) in the GSM alphabet, else of 70 (67) UTF-16 units."""
    extended = sum(sign in _GSM_EXTENSION for sign in text)
    if all(sign in _GSM or sign in _GSM_EXTENSION for sign in text):
        length, one, several = len(text) + extended, 160, 153
    else:
        length, one, several = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= one else -(-length // several)
