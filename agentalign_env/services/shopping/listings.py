"""How each shop lists the kinds of the catalogue: any item by its number, without the others."""

from __future__ import annotations

from typing import NamedTuple

from agentalign_env.core.clock import DAY_S
from agentalign_env.core.ids import id_salt
from agentalign_env.core.rng import Random, stream
from agentalign_env.core.service import SeedContext
from agentalign_env.services.shopping.catalogue import Department, Kind, load_catalogue
from agentalign_env.services.shopping.providers import PROVIDERS, SHOPS, Provider
from agentalign_env.services.shopping.records import PRODUCTS, Product

__all__ = ["Listings"]

_PRAISE = ("Everyday Essential", "Great Gift Idea", "Lasting Quality", "Loved by Many", "New Arrival", "Simple to Use")
_USED = ("Used, good condition", "Used, like new", "Pre-owned, works well", "Second-hand, tested")
_SELLERS: dict[Provider, tuple[str, ...]] = {
    "amazon": (
        "Bluebird Supplies", "Copperline Goods", "Hearth & Loom", "Larkfield Direct", "Northgate Home",
        "Stonebridge Store",
    ),
    "temu": (
        "Amberleaf Home", "Bright Lane Picks", "Daisy Hill Finds", "Little Harbor Mart", "Sunny Corner",
        "Willow Basics",
    ),
    "ebay": (
        "alder_attic", "harbour_finds", "lindholm_outlet", "millpond_trading", "oldbarn_goods", "quayside_deals",
    ),
    "taobao": (
        "Blue Kite Store", "Green Bamboo Workshop", "Lotus Lane Living", "Morning Tea Goods", "Paper Crane Shop",
        "River Stone Trading",
    ),
}  # fmt: skip
_SENT_FROM: dict[Provider, tuple[str, ...]] = {
    "amazon": ("Riverton, US", "Norwick, US", "Kestrel Hill, US"),
    "temu": ("Local warehouse, US", "Overseas warehouse, CN"),
    "ebay": ("Riverton, US", "Alderbridge, GB", "Port Mirren, GB", "Lindholm, DE", "Norwick, US"),
    "taobao": ("Hangzhou", "Shenzhen", "Yiwu", "Guangzhou", "Suzhou"),
}
_REGIONS = (
    ("US", "CA", "MX"),
    ("US", "CA", "GB", "AU"),
    ("US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "SE", "PT"),
    ("US", "CA", "MX", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "SE", "PT", "AU"),
)
_ABROAD = ("GB", "DE", "FR", "NL")  # of the few items that are not sent to the US
_YUAN_PER_DOLLAR = 7.1
_FAME = 46_000


class _Design(NamedTuple):
    """A product as its maker thinks of it, the same in every shop."""

    kind: Kind
    department: Department
    brand: str
    name: str  # brand, kind and model
    features: list[str]
    colours: tuple[str, ...]
    price_minor: int  # in US cents, new


class Listings:
    """All items of a world.

    The n-th item is listed by the shops in turn; after each shop has listed every kind once, further designs follow.
    The first design of a kind can always be ordered: it is in stock and not only for auction.
    """

    def __init__(self, context: SeedContext) -> None:
        self._seed, self._start_s = context.seed, context.start_s
        self._salt = id_salt(PRODUCTS.name, context.seed)
        catalogue = load_catalogue()
        self._kinds = list(catalogue.kinds)
        self._keywords = catalogue.keywords
        stream("kinds", context.seed).shuffle(self._kinds)
        self._drawn: tuple[int, _Design] | None = None  # the design that was asked for last: shops follow each other

    def id(self, number: int) -> str:
        """The id of the number-th item."""
        return SHOPS[PROVIDERS[number % len(PROVIDERS)]].item_ids.encode(number, self._salt)

    def number(self, kind: Kind, provider: Provider, variant: int) -> int:
        """The number of the item that a shop lists of a kind's variant-th design."""
        at = next(at for at, (known, _) in enumerate(self._kinds) if known is kind)
        return (variant * len(self._kinds) + at) * len(PROVIDERS) + PROVIDERS.index(provider)

    def item(self, number: int) -> Product:
        """The number-th item."""
        place, shop_at = divmod(number, len(PROVIDERS))
        variant, kind_at = divmod(place, len(self._kinds))
        provider = PROVIDERS[shop_at]
        shop, rng = SHOPS[provider], stream("listing", self._seed, number)
        if self._drawn is None or self._drawn[0] != place:
            self._drawn = place, self._design(kind_at, variant)
        design = self._drawn[1]
        kind, first = design.kind, variant == 0
        condition = _condition(provider, kind, first, rng)
        price = _price(provider, design.price_minor, condition, rng)
        prime = provider == "amazon" and rng.random() < 0.7
        free = prime or rng.random() < (0.75 if provider in ("temu", "taobao") else 0.45)
        formats = _formats(provider, first, rng)
        item_id = self.id(number)
        sold = int(_FAME / (place + 9) ** 0.8 * rng.uniform(0.5, 1.5)) + 2
        days = {"amazon": (3, 7), "temu": (6, 14), "ebay": (3, 9), "taobao": (2, 7)}[provider]
        return Product(
            id=item_id,
            provider=provider,
            kind=kind.name,
            title=_title(provider, design, condition, rng),
            description=_description(design, condition),
            brand="" if provider == "temu" else design.brand,
            category=design.department.name,
            price_minor=price,
            currency=shop.currency,
            condition=condition,
            rating=round(rng.uniform(3.7, 4.9), 1),
            reviews=sold // rng.randrange(4, 30) + 1,
            sold=sold,
            seller=rng.choice(_SELLERS[provider]),
            seller_rating=round(rng.uniform(94.0, 99.9), 1),
            location=rng.choice(_SENT_FROM[provider]),
            colours=design.colours,
            sizes=kind.sizes,
            buy_formats=formats,
            best_offer="best_offer" in formats,
            prime=prime,
            free_shipping=free,
            shipping_minor=0 if free else rng.randrange(39, 99) * 10,
            return_days=rng.choice(
                {"amazon": (30,), "temu": (90,), "ebay": (0, 30, 30, 60), "taobao": (7, 7, 7, 15)}[provider]
            ),
            tmall=provider == "taobao" and rng.random() < 0.4,
            coupon_minor=price // 1000 * 100 if provider == "taobao" and rng.random() < 0.4 else 0,
            regions=rng.choice(_REGIONS) if first or rng.random() < 0.85 else _ABROAD,
            delivery_days=rng.randint(*days),
            stocked=_stocked(condition, first, rng),
            url=shop.item_url.format(id=item_id),
            keywords=self._keywords[kind.name],
            listed_s=self._start_s - rng.randrange(200, 900) * DAY_S,
        )

    def _design(self, kind_at: int, variant: int) -> _Design:
        kind, department = self._kinds[kind_at]
        rng = stream("design", self._seed, kind.name, variant)
        low, high = kind.price
        brand, model = rng.choice(department.brands), f" {rng.choice('ABCDEFGHKLMNPRSTVX')}{rng.randrange(2, 99) * 10}"
        return _Design(
            kind,
            department,
            brand,
            f"{brand} {_capitals(kind.name)}{model if department.models else ''}",
            rng.sample(kind.features, 3),
            tuple(rng.sample(kind.colours, min(len(kind.colours), rng.randint(2, 4)))),
            rng.randint(low, high) * 100,
        )


def _title(provider: Provider, design: _Design, condition: str, rng: Random) -> str:
    one, two, three = design.features
    if provider == "amazon":
        ending = " (Renewed)" if condition == "renewed" else ""
        return f"{design.name}, {one}, {two}, {three}{ending}"
    if provider == "temu":
        return f"{_capitals(design.kind.name)}, {two}, {one}, {three}, {rng.choice(_PRAISE)}"
    if provider == "ebay":
        ending = {"new": "New in box", "used": rng.choice(_USED)}.get(condition, "See description")
        return f"{design.name} {one} - {ending}"
    return f"{design.name} | {one} | {two} | ships within 48 hours"


def _description(design: _Design, condition: str) -> str:
    ending = {
        "used": " Used before, shows light signs of wear.",
        "renewed": " Checked and cleaned, with new packaging.",
    }
    return " ".join(design.kind.about) + f" {', '.join(design.features)}." + ending.get(condition, "")


def _capitals(name: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in name.split())


def _condition(provider: Provider, kind: Kind, first: bool, rng: Random) -> str:
    roll = rng.random()
    if provider == "amazon":
        return "new" if first or not kind.used or roll < 0.7 else "renewed" if roll < 0.85 else "used"
    if provider == "ebay":
        return "used" if kind.used and roll < 0.5 else "not_specified" if roll > 0.93 else "new"
    return "new"


def _formats(provider: Provider, first: bool, rng: Random) -> tuple[str, ...]:
    if provider != "ebay":
        return ("buy_it_now",)
    roll = rng.random()
    if roll < 0.5:
        return ("buy_it_now",)
    if roll < 0.8:
        return ("best_offer", "buy_it_now")
    return ("auction", "buy_it_now") if first or roll < 0.9 else ("auction",)


def _price(provider: Provider, new_minor: int, condition: str, rng: Random) -> int:
    """In the shop's currency, with the ending that its prices have."""
    worth = new_minor * {"new": 1.0, "not_specified": 0.8, "renewed": 0.75, "used": 0.55}[condition]
    if provider == "amazon":
        return int(worth) // 100 * 100 + 99
    if provider == "temu":
        return int(worth * rng.uniform(0.45, 0.65)) // 10 * 10 + 8
    if provider == "ebay":
        return int(worth * rng.uniform(0.82, 1.0)) // 50 * 50
    return int(worth * rng.uniform(0.5, 0.7) * _YUAN_PER_DOLLAR) // 100 * 100 + 90


def _stocked(condition: str, first: bool, rng: Random) -> int:
    if first:
        return rng.randrange(12, 260)
    if condition in ("used", "renewed"):
        return rng.randrange(1, 4)
    return 0 if rng.random() < 0.06 else rng.randrange(3, 260)
