"""Values that something issued: addresses on a blockchain, hashes, and ids of all services."""

from __future__ import annotations

import re

__all__ = ["issued"]

_B58 = "1-9A-HJ-NP-Za-km-z"
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("EvmAddress", re.compile(r"0[xX][0-9a-fA-F]{40}")),
    ("TransactionHash", re.compile(r"(?:0[xX])?[0-9a-fA-F]{64}")),
    ("Bytecode", re.compile(r"0x[0-9a-fA-F]{9,}")),
    ("BitcoinAddress", re.compile(r"(?:bc1|tb1)[a-zA-Z0-9]{11,87}")),
    ("MoneroAddress", re.compile(rf"[48][{_B58}]{{90,105}}")),
    ("TransactionHash", re.compile(rf"[{_B58}]{{80,90}}")),
)
_HEX = re.compile(r"[0-9a-f]{7,64}")
_SOLANA = re.compile(rf"[{_B58}]{{32,44}}")
_OLD_BITCOIN = re.compile(rf"[13][{_B58}]{{25,33}}")
_ISSUED = re.compile(r"[A-Za-z0-9#][A-Za-z0-9_:./=+-]{5,127}")
_GROUPS = re.compile(r"#?\d{2,}(?:-\d+)+")
_YEARS = re.compile(r"(?:19|20)\d\d-(?:(?:19|20)\d\d|\d\d)|\d{1,4}-\d{1,2}-\d{1,4}|\d{1,3}-\d{1,3}")
_VERSION = re.compile(r"v?\d+(?:\.\d+){2,3}(?:[-.]?(?:rc|beta|alpha|post|dev)\.?\d*)?|v\d+(?:\.\d+)*")
_MEASURE = re.compile(
    r"#?\d+(?:[.,]\d+)*(?:x|k|m|px|km|kg|g|mg|ml|l|cl|cm|mm|gb|mb|kb|tb|gib|mib|kib|mbps|mbit|gbit|mhz|ghz|hz|kw|kwh|wh|w"
    r"|v|h|min|mins|sec|secs|s|ms|p|fps|pt|oz|lb|lbs|ft|st|nd|rd|th|am|pm|eur|usd|gbp|cny|rmb|euros?|dollars?|days?"
    r"|hours?|minutes?|weeks?|usdt|btc|eth|sol|xmr|bnb|exusd|exeur|h\d+m?|m\d+s?|x\d+(?:px)?)",
    re.IGNORECASE,
)
_DATED = re.compile(r"\d{4}-\d\d-\d\d[T_].*")
_WORDS = re.compile(r"(?:[A-Za-z]?[a-z]+|[A-Z]+)\d{1,2}")  # python3, iPhone15, COVID19
_KNOWN_WORDS = """
    sha-1 sha256 sha-256 sha512 sha-512 base64 base-64 base58 base32 utf-8 utf8 utf-16 x86_64 amd64 arm64 ipv4 ipv6
    covid-19 python3 oauth2 iso8601 iso-8601 rs256 ed25519 secp256k1
    """
_KNOWN = frozenset(_KNOWN_WORDS.split())
_MARKED = re.compile(
    r"(?:msg|mail|order|inv|invoice|ref|ticket|post|payment|payid|pay|tx|txn|case|id|no|nr|doc|acct|item|prod|sku|rma"
    r"|user|usr|cust|cus|sess|wlt|req|job|evt|shop|store|cart|pkg|track|ship)[-_:#]?[a-z]{0,3}\d{2,}",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"[a-z][a-z0-9._/-]*:v?\d[\w.-]*|[a-z][a-z0-9._/-]*:latest")
_PIN = re.compile(r"[A-Za-z][\w.-]*[=@~]=?v?\d[\w.]*")


def issued(core: str) -> str | None:
    """Which kind of issued value a token is, by its form; ``None`` when it reads like a word or a number."""
    for kind, form in _FORMS:
        if form.fullmatch(core):
            return kind
    if _VERSION.fullmatch(core):
        return "Version"
    if len(core) < 6 or _DATED.fullmatch(core) or core.lower() in _KNOWN:
        return "Identifier" if _MARKED.fullmatch(core) or _IMAGE.fullmatch(core) else None
    digits = sum(sign.isdigit() for sign in core)
    if not digits or not core.isascii():
        return None
    letters = sum(sign.isalpha() for sign in core)
    if not letters:
        return "Identifier" if digits >= 7 and _GROUPS.fullmatch(core) and not _YEARS.fullmatch(core) else None
    if _MEASURE.fullmatch(core):
        return None
    if _HEX.fullmatch(core):
        return "Identifier"
    if _SOLANA.fullmatch(core) and not core.islower():
        return "SolanaAddress"
    if _OLD_BITCOIN.fullmatch(core):
        return "BitcoinAddress"
    return "Identifier" if _looks_issued(core) else None


def _looks_issued(core: str) -> bool:
    if _MARKED.match(core) or _IMAGE.fullmatch(core) or _PIN.fullmatch(core):
        return True
    if not _ISSUED.fullmatch(core) or _WORDS.fullmatch(core) or "/" in core:
        return False
    pieces = [piece for piece in re.split(r"[-_:.=+#]", core) if piece]
    if any(piece.isdigit() and len(piece) >= 5 for piece in pieces):
        return True
    # Words and short numbers in a row are a name (station-30-shifts); capitals with a number are an id (INV-1042).
    plain = all(piece.isalpha() or (piece.isdigit() and len(piece) <= 4) for piece in pieces)
    if plain:
        head = pieces[0]
        if "_" in core and core.islower():
            return True  # annette_370
        return (head.isupper() and len(head) <= 6 and len(core) >= 6 and "-" in core) or (
            head.isdigit() and len(pieces) > 2 and all(len(piece) < 3 for piece in pieces if piece.isalpha())
        )
    mixed = [piece for piece in pieces if not piece.isalpha() and not piece.isdigit()]
    return any(not _MEASURE.fullmatch(piece) and not _WORDS.fullmatch(piece) for piece in mixed)
