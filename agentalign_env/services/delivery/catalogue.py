"""Which merchants a world has and what is on their menus: a pure function of its seed, sizes and people.

Every table of the service that refers to merchants asks here, since a seed reads no other table.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from agentalign_env.core.addresses import STREETS
from agentalign_env.core.ids import id_salt
from agentalign_env.core.rng import derive_seed, stream
from agentalign_env.core.service import SeedContext
from agentalign_env.services.delivery.kinds import Dish, Kind, load_kinds, load_names
from agentalign_env.services.delivery.places import spot_in
from agentalign_env.services.delivery.providers import PROVIDER_NAMES, PROVIDERS, Provider
from agentalign_env.services.delivery.records import MENU_ITEMS, MERCHANTS, MenuItem, Merchant

__all__ = ["Catalogue"]

_MENU = 6  # item numbers that each merchant may use
_EVENING_EACH = 8  # of the further merchants, one in so many opens in the evening only
_OPENS, _CLOSES = (360, 390, 420, 450), (1290, 1320, 1350, 1380)
_EVENING = (1050, 1410)
_FEES = (0, 99, 149, 199, 249, 299, 199, 0)


class Catalogue:
    """The merchants of a world by number.

    The first ones are in the owner's city, where every provider lists every kind. The further ones are spread over the
    cities of the people; some of them, in the owner's city, open in the evening only.
    """

    def __init__(self, context: SeedContext) -> None:
        self.seed, self.owner = context.seed, context.background.owner
        self.merchants = context.sizes.get(MERCHANTS.name, 0)
        self.menu_size = min(max(context.sizes.get(MENU_ITEMS.name, 0) // max(self.merchants, 1), 1), _MENU)
        others = {person.city for person in context.background.people} - {self.owner.city}
        self.cities = (self.owner.city, *sorted(others))
        self._shop_salt = id_salt(MERCHANTS.name, self.seed)
        self._item_salt = id_salt(MENU_ITEMS.name, self.seed)

    @cached_property
    def at_home(self) -> int:
        """How many merchants lie in the owner's city before the further ones begin."""
        return min(len(load_kinds()) * len(PROVIDER_NAMES), self.merchants)

    def provider(self, number: int) -> Provider:
        """The provider that lists a merchant."""
        return PROVIDER_NAMES[number % len(PROVIDER_NAMES)]

    def merchant_id(self, number: int) -> str:
        """The id of a merchant."""
        return PROVIDERS[self.provider(number)].shop_ids.encode(number, self._shop_salt)

    def number_like(self, start: int, provider: Provider, kind: Kind) -> int:
        """The first number from `start` on of a merchant of this kind at this provider that is open all day."""
        for number in range(start, start + len(PROVIDER_NAMES) * (len(load_kinds()) + 2) * _EVENING_EACH):
            found, _, evening = self._place(number)
            if found is kind and not evening and self.provider(number) == provider:
                return number
        raise ValueError(f"{provider} lists no {kind.cuisine} from {start} on")

    def merchant(self, number: int) -> Merchant:
        """The merchant of a number."""
        kind, city, evening = self._place(number)
        rng = stream("merchant", self.seed, number)
        provider = self.provider(number)
        street = STREETS[rng.randrange(len(STREETS))]
        address = f"{rng.randrange(1, 190)} {street}, {city}"
        x_m, y_m = spot_in(self.seed, city, address)
        popular = self.menu(number)[0].price_minor
        opens, closes = _EVENING if evening else (rng.choice(_OPENS), rng.choice(_CLOSES))
        return Merchant(
            id=self.merchant_id(number),
            provider=provider,
            name=self._name(number, kind, street),
            sort=kind.sort,
            cuisine=kind.cuisine,
            city=city,
            address=address,
            about=rng.choice(kind.about),
            keywords=" ".join((*kind.words, kind.topic_words)),
            dishes=tuple(dish.name for dish in kind.menu[:3]),
            rating=round(3.7 + rng.randrange(13) / 10, 1),
            reviews=rng.randrange(18, 2400),
            sales=rng.randrange(40, 3600),
            price_level=kind.price_level + (number % 11 == 0),
            average_minor=popular + popular // 8,
            prep_minutes=rng.randrange(8, 22),
            fee_minor=rng.choice(_FEES),
            minimum_minor=popular * rng.randrange(60, 96) // 100 // 50 * 50,
            dietary=kind.dietary,
            opens_minute=opens,
            closes_minute=closes,
            vouchers=PROVIDERS[provider].vouchers and number % 8 < 4,
            x_m=x_m,
            y_m=y_m,
        )

    def menu(self, number: int) -> tuple[MenuItem, ...]:
        """The menu of a merchant, the popular dish first."""
        kind = self._place(number)[0]
        rng = stream("menu", self.seed, number)
        percent = rng.randrange(92, 116)
        others = sorted(rng.sample(range(1, _MENU), self.menu_size - 1))
        return tuple(self._items(number, kind, (0, *others), percent))

    def _items(self, number: int, kind: Kind, chosen: tuple[int, ...], percent: int) -> Iterator[MenuItem]:
        provider = self.provider(number)
        merchant_id = self.merchant_id(number)
        for place, at in enumerate(chosen):
            dish = kind.menu[at]
            yield MenuItem(
                id=PROVIDERS[provider].item_ids.encode(number * _MENU + at, self._item_salt),
                provider=provider,
                merchant_id=merchant_id,
                name=dish.name,
                price_minor=max(dish.price * percent // 1000 * 10, 100),
                dietary=dish.dietary,
                options=_options(dish),
                available=place < 2 or place < len(chosen) - 1 or number % 5 != 3,
                keywords="" if place else f"{kind.cuisine} {kind.topic_words}",
            )

    def _place(self, number: int) -> tuple[Kind, str, bool]:
        """The kind of a merchant, its city, and whether it opens in the evening only."""
        kinds, providers = load_kinds(), len(PROVIDER_NAMES)
        if number < self.at_home:
            return kinds[number // providers], self.owner.city, False
        group, provider = divmod(number - self.at_home, providers)
        if group % _EVENING_EACH == 3:
            kitchens = [kind for kind in kinds if kind.sort == "restaurant"]
            return kitchens[(group // _EVENING_EACH * 5 + provider) % len(kitchens)], self.owner.city, True
        turn = group - (group + _EVENING_EACH - 4) // _EVENING_EACH
        city = self.cities[(turn + 1) % len(self.cities)]
        return kinds[(turn * 5 + provider * 7) % len(kinds)], city, False

    def _name(self, number: int, kind: Kind, street: str) -> str:
        """Different for every merchant of a small world; in larger ones, branches add their street."""
        firsts = load_names().firsts
        names = len(firsts) * len(kind.nouns)
        at = (number * 7 + derive_seed("names", self.seed)) % names  # seven shares no factor with their number
        name = f"{firsts[at % len(firsts)]} {kind.nouns[at // len(firsts)]}"
        return name if number < names else f"{name}, {street}"


def _options(dish: Dish) -> tuple[str, ...]:
    return tuple(
        f"{group}|{choice}|{added}" for group, choices in dish.options.items() for choice, added in choices.items()
    )
