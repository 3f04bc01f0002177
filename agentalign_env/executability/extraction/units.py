"""What can stand beside a number: currencies, coins, spans of time, and the words for numbers themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

__all__ = ["CODES", "NUMBER_WORDS", "SCALES", "SYMBOLS", "Unit", "coins", "units"]


class Unit(NamedTuple):
    """What a number beside this word is.

    Attributes:
        kind: ``Amount``, ``CoinAmount``, ``Percent`` or ``Duration``.
        name: The currency, the token, or nothing.
        factor: What one of it is worth: hundredths of a currency, seconds of a span of time.
        word: It is a word of the language and not a code, so that something else may be meant.
    """

    kind: str
    name: str
    factor: float = 1
    word: bool = False


_CODE_LIST = """
    AED ARS AUD BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JOD JPY KES KRW KWD MAD MXN
    MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH UGX USD UYU VND ZAR
    """
CODES = frozenset(_CODE_LIST.split())
"""Codes of ISO 4217 that are told from words."""

SYMBOLS: Mapping[str, str] = {
    "€": "EUR", "$": "USD", "£": "GBP", "¥": "CNY", "￥": "CNY", "₹": "INR", "₩": "KRW", "₺": "TRY", "₪": "ILS",
    "₽": "RUB", "฿": "THB", "₴": "UAH", "₫": "VND", "₦": "NGN", "元": "CNY", "円": "JPY", "us$": "USD", "c$": "CAD",
    "ca$": "CAD", "a$": "AUD", "au$": "AUD", "hk$": "HKD", "nz$": "NZD", "s$": "SGD", "sg$": "SGD", "r$": "BRL",
    "nt$": "TWD", "mx$": "MXN",
}  # fmt: skip

_CURRENCY_WORDS = {
    "EUR": "euro euros", "USD": "dollar dollars buck bucks", "GBP": "pound pounds quid sterling",
    "CNY": "yuan rmb renminbi kuai", "JPY": "yen", "CHF": "franc francs", "INR": "rupee rupees",
    "PLN": "zloty zlotys złoty",
    "SEK": "kronor", "RUB": "ruble rubles rouble roubles", "ILS": "shekel shekels", "THB": "baht", "MYR": "ringgit",
    "ZAR": "rand", "BRL": "reais", "AED": "dirham dirhams", "HUF": "forint forints", "VND": "dong", "MXN": "peso pesos",
}  # fmt: skip
_TWO_WORDS = {
    "us dollar": "USD", "american dollar": "USD", "canadian dollar": "CAD", "australian dollar": "AUD",
    "hong kong": "HKD", "hongkong dollar": "HKD", "singapore dollar": "SGD", "british pound": "GBP",
    "swiss franc": "CHF", "japanese yen": "JPY", "chinese yuan": "CNY", "mexican peso": "MXN", "indian rupee": "INR",
    "swedish krona": "SEK", "swedish kronor": "SEK", "norwegian krone": "NOK", "norwegian kroner": "NOK",
    "danish krone": "DKK", "danish kroner": "DKK", "czech crown": "CZK", "czech koruna": "CZK", "polish zloty": "PLN",
    "korean won": "KRW", "pounds sterling": "GBP", "pound sterling": "GBP", "euro cent": "EUR/100",
}  # fmt: skip
_CENTS = {"cent": ("USD", 0.01), "cents": ("USD", 0.01), "pence": ("GBP", 0.01), "penny": ("GBP", 0.01)}
_COIN_WORDS = {
    "BTC": "bitcoin bitcoins", "ETH": "ether ethers ethereum", "XMR": "monero moneros", "SOL": "solana",
    "USDT": "tether", "POL": "polygon", "DOGE": "dogecoin dogecoins", "LTC": "litecoin litecoins",
}  # fmt: skip
_OTHER_COINS = "USDT USDC DAI MATIC LTC DOGE ADA XRP WBTC WETH DOT AVAX BUSD"
_SPANS = {
    1: "second seconds sec secs", 60: "minute minutes min mins", 3_600: "hour hours hr hrs", 86_400: "day days",
    604_800: "week weeks", 1_209_600: "fortnight fortnights", 2_592_000: "month months", 31_536_000: "year years",
}  # fmt: skip
_ATTACHED_SPANS = {"s": 1, "h": 3_600, "ms": 0.001}

SCALES: Mapping[str, int] = {
    "k": 1_000, "thousand": 1_000, "m": 1_000_000, "mn": 1_000_000, "million": 1_000_000, "bn": 1_000_000_000,
    "billion": 1_000_000_000,
}  # fmt: skip

_NUMBERS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million
    """
NUMBER_WORDS = frozenset(_NUMBERS.split())


@lru_cache(maxsize=1)
def coins() -> frozenset[str]:
    """The symbols of tokens: those of every world, and well-known ones."""
    from agentalign_env.services.crypto.facts import TOKEN_FACTS

    return frozenset(TOKEN_FACTS) | frozenset(_OTHER_COINS.split())


@lru_cache(maxsize=1)
def units() -> Mapping[str, Unit]:
    """Every word, code or sign that makes a number more than a number, in lower case; pairs with one space."""
    table: dict[str, Unit] = {}
    for symbol, code in SYMBOLS.items():
        table[symbol] = Unit("Amount", code)
    for code in CODES:
        table[code.lower()] = Unit("Amount", code)
    for code, words in _CURRENCY_WORDS.items():
        table |= {word: Unit("Amount", code, 1, True) for word in words.split()}
    for words, code in _TWO_WORDS.items():
        name, _, part = code.partition("/")
        unit = Unit("Amount", name, 1 / int(part or 1), True)
        table |= {words: unit, f"{words}s": unit}
    table |= {word: Unit("Amount", code, factor, True) for word, (code, factor) in _CENTS.items()}
    table |= {symbol.lower(): Unit("CoinAmount", symbol) for symbol in coins()}
    for symbol, words in _COIN_WORDS.items():
        table |= {word: Unit("CoinAmount", symbol, 1, True) for word in words.split()}
    table |= {
        "sat": Unit("CoinAmount", "BTC", 1e-8), "sats": Unit("CoinAmount", "BTC", 1e-8),
        "satoshi": Unit("CoinAmount", "BTC", 1e-8), "satoshis": Unit("CoinAmount", "BTC", 1e-8),
        "example dollar": Unit("CoinAmount", "EXUSD"), "example dollars": Unit("CoinAmount", "EXUSD"),
        "example euro": Unit("CoinAmount", "EXEUR"), "example euros": Unit("CoinAmount", "EXEUR"),
    }  # fmt: skip
    for seconds, words in _SPANS.items():
        table |= {word: Unit("Duration", "", seconds, True) for word in words.split()}
    table |= {word: Unit("Duration", "attached", seconds) for word, seconds in _ATTACHED_SPANS.items()}
    table |= {word: Unit("Percent", "") for word in ("%", "percent", "pct", "per cent", "percentage")}
    return table
