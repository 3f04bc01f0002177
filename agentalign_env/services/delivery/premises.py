"""Which merchants, dishes, orders and addresses can be put into the delivery services before an episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from agentalign_env.core.addresses import street_address
from agentalign_env.core.clock import DAY_S, HOUR_S, iso
from agentalign_env.core.premises import (
    Hints,
    acquaintance,
    address_label,
    checked,
    choice_hint,
    number_hint,
    one_line_address,
    premise_rng,
    recognised,
    refuse_known,
    text_hint,
    texts_hint,
)
from agentalign_env.core.rng import Random
from agentalign_env.core.text import tokens
from agentalign_env.core.world import World
from agentalign_env.errors import PremiseError
from agentalign_env.services.delivery.catalogue import Catalogue
from agentalign_env.services.delivery.checks import merchant_of
from agentalign_env.services.delivery.couriers import ride_for
from agentalign_env.services.delivery.kinds import Kind, load_kinds
from agentalign_env.services.delivery.places import city_in, ride_minutes, spot_in
from agentalign_env.services.delivery.pricing import summary_of
from agentalign_env.services.delivery.providers import PROVIDER_NAMES, PROVIDERS, Provider
from agentalign_env.services.delivery.records import (
    ADDRESSES,
    MENU_ITEMS,
    MERCHANTS,
    ORDERS,
    DeliveryOrder,
    DeliveryOrderId,
    MenuItem,
    MenuItemId,
    Merchant,
    MerchantShopId,
    SavedAddress,
    ShopName,
)

__all__ = ["lay_acquaintance", "lay_address", "lay_dish", "lay_merchant", "lay_order", "lay_shop"]

_SHOP_FORMS: tuple[tuple[Provider, str], ...] = (
    ("meituan", r"60\d{11}"), ("doordash", r"\d+"), ("ubereats", r"st-.*"), ("foodpanda", r"v[0-9A-Z]{4,}"),
)  # fmt: skip
_ITEM_FORMS: tuple[tuple[Provider, str], ...] = (
    ("meituan", r"17\d{12}"), ("doordash", r"\d+"), ("ubereats", r"it-.*"), ("foodpanda", r"p[0-9A-Z]{4,}"),
)  # fmt: skip
_ORDER_FORMS: tuple[tuple[Provider, str], ...] = (
    ("meituan", r"\d+"), ("doordash", r"d-.*"), ("ubereats", r"UE.*"), ("foodpanda", r"fp-.*"),
)  # fmt: skip
"""How merchants, dishes and orders are numbered, where nobody says at which provider."""
_State = Literal["scheduled", "on_the_way", "delivered", "cancelled"]
_STATES: tuple[_State, ...] = ("scheduled", "on_the_way", "delivered", "cancelled")
_FOR: Mapping[str, _State] = {"cancel": "scheduled", "track": "on_the_way"}
_FARTHEST = 8_000_000  # numbers of merchants that no size of world lists; their items' numbers are six times that
_OPENS, _CLOSES = 0, 1_440


def lay_merchant(world: World, value: str, hints: Hints) -> None:
    """A restaurant or shop of this id that is open round the clock.

    Hints: ``provider``, ``name``, ``cuisine``, ``city`` (the owner's), ``items``: names of dishes on its menu.
    """
    provider = choice_hint(hints, "provider", PROVIDER_NAMES, recognised(value, _SHOP_FORMS, "doordash"))
    _put_merchant(world, provider, value, hints, premise_rng(world, "MerchantShopId", value))


def lay_shop(world: World, value: str, hints: Hints) -> None:
    """A restaurant or shop of this name; hints as for an id."""
    name = checked("ShopName", ShopName, value)
    rng = premise_rng(world, "ShopName", value)
    provider = choice_hint(hints, "provider", PROVIDER_NAMES, rng.choice(PROVIDER_NAMES))
    if any(row.provider == provider for row in world.store.where(MERCHANTS, "name", name)):
        raise PremiseError(f"{PROVIDERS[provider].title} lists {name!r} already: build on it, or name another one")
    _put_merchant(world, provider, "", {**hints, "name": name}, rng)


def lay_dish(world: World, value: str, hints: Hints) -> None:
    """Something on a menu with this id.

    Hints: ``provider``; ``merchant_id`` of whoever has it (made where it is missing, with the other hints of a
    merchant); ``name``, ``price``.
    """
    provider = choice_hint(hints, "provider", PROVIDER_NAMES, recognised(value, _ITEM_FORMS, "doordash"))
    rng, merchant_id = premise_rng(world, "MenuItemId", value), text_hint(hints, "merchant_id")
    item_id = (
        checked("MenuItemId", MenuItemId, value) if value else world.new_id(MENU_ITEMS, PROVIDERS[provider].item_ids)
    )
    refuse_known(world, MENU_ITEMS, item_id, "MenuItemId")
    if merchant_id and world.store.get(MERCHANTS, merchant_id) is not None:
        merchant = merchant_of(world, provider, merchant_id)
    else:
        merchant = _put_merchant(world, provider, merchant_id, {**hints, "name": text_hint(hints, "merchant")}, rng)
    menu = world.store.where(MENU_ITEMS, "merchant_id", merchant.id)
    world.store.put(MENU_ITEMS, _dish(menu[0], item_id, text_hint(hints, "name", f"{menu[0].name}, large"), hints))


def lay_order(world: World, value: str, hints: Hints) -> None:
    """An order of the owner's with this number, or the next one.

    Hints: ``provider``; ``for``: cancel or track, which says how it stands; or ``status``; ``merchant_id`` of a
    merchant in the owner's city, or hints of one to make.
    """
    provider = choice_hint(hints, "provider", PROVIDER_NAMES, recognised(value, _ORDER_FORMS, "doordash"))
    facts, rng = PROVIDERS[provider], premise_rng(world, "DeliveryOrderId", value)
    order_id = checked("DeliveryOrderId", DeliveryOrderId, value) if value else world.new_id(ORDERS, facts.order_ids)
    refuse_known(world, ORDERS, order_id, "DeliveryOrderId")
    state = choice_hint(hints, "status", _STATES, _FOR[choice_hint(hints, "for", _FOR, "track")])
    merchant_id = text_hint(hints, "merchant_id")
    if merchant_id:
        merchant = merchant_of(world, provider, merchant_id)
    else:
        merchant = _put_merchant(world, provider, "", hints, rng)
    item, quantity = world.store.where(MENU_ITEMS, "merchant_id", merchant.id)[0], rng.choice((1, 1, 2))
    seed, owner, now_s = world.base.key.seed, world.owner, world.now_s
    address = street_address(seed, owner._replace(city=merchant.city))
    ride_s = ride_minutes(merchant, spot_in(seed, merchant.city, address)) * 60
    needed_s = merchant.prep_minutes * 60 + ride_s
    arrives_s = {
        "scheduled": now_s + 5 * HOUR_S, "on_the_way": now_s + ride_s // 2, "delivered": now_s - DAY_S,
        "cancelled": now_s - DAY_S,
    }[state]  # fmt: skip
    ride = ride_for(world, merchant, arrives_s, ride_s)
    if state == "on_the_way" and ride.arrives_s != arrives_s:
        raise PremiseError(f"every courier of {facts.title} in {merchant.city} is busy now: take another provider")
    placed_s = now_s - HOUR_S if state == "scheduled" else ride.arrives_s - needed_s
    cancelled = state == "cancelled"
    order = DeliveryOrder(
        id=order_id, provider=provider, merchant_id=merchant.id, item_ids=(item.id,), quantities=(quantity,),
        choices=("",), item_notes="", address=address, phone=owner.phone, note="",
        timing="scheduled" if state == "scheduled" else "asap",
        scheduled_for=iso(ride.arrives_s) if state == "scheduled" else "", no_contact=False, priority=False,
        group_order=False, pro_member=False, payment_method="card", voucher_code="", tip_minor=0, cancelled=cancelled,
        cancel_reason="Ordered by mistake" if cancelled else "", shop_name=merchant.name,
        summary=summary_of([item], (quantity,), ("",)), items_minor=item.price_minor * quantity,
        fee_minor=merchant.fee_minor, discount_minor=0,
        total_minor=item.price_minor * quantity + merchant.fee_minor, courier_id=ride.courier_id, placed_s=placed_s,
        lead_s=ride.arrives_s - placed_s, ride_s=ride_s, cancelled_s=placed_s + 95 if cancelled else 0,
    )  # fmt: skip
    world.store.put(ORDERS, order)


def lay_address(world: World, value: str, hints: Hints) -> None:
    """A saved address. Hints: ``label``, ``name`` of whoever gets what is sent there."""
    address = one_line_address(value)
    if any(row.address.casefold() == address.casefold() for row in world.store.rows(ADDRESSES)):
        return  # the other address book may lack it
    label = address_label(world, value, hints)
    city = city_in(world, address) or world.owner.city
    recipient = text_hint(hints, "name", world.owner.name)
    world.store.put(ADDRESSES, SavedAddress(world.new_id(ADDRESSES), label, "owner", recipient, address, city))


def lay_acquaintance(world: World, value: str, hints: Hints) -> None:
    """Where somebody of this name lives; hints as for a contact."""
    person = acquaintance(world, value, hints)
    address = street_address(world.base.key.seed, person)
    row = SavedAddress(world.new_id(ADDRESSES), person.first_name, "other", person.name, address, person.city)
    world.store.put(ADDRESSES, row)


def _put_merchant(world: World, provider: Provider, value: str, hints: Hints, rng: Random) -> Merchant:
    """A merchant with its menu, the dishes that were named first."""
    facts = PROVIDERS[provider]
    merchant_id = (
        str(checked("MerchantShopId", MerchantShopId, value)) if value else world.new_id(MERCHANTS, facts.shop_ids)
    )
    refuse_known(world, MERCHANTS, merchant_id, "MerchantShopId")
    names = texts_hint(hints, "items")
    words = " ".join((text_hint(hints, "name"), text_hint(hints, "cuisine"), *names))
    city = city_in(world, text_hint(hints, "city", world.owner.city)) or world.owner.city
    catalogue = Catalogue(world.base.seed_context(MERCHANTS.name))
    number = catalogue.number_like(_FARTHEST + rng.randrange(_FARTHEST // 100), provider, _kind_for(words, rng))
    drawn, menu = catalogue.merchant(number), catalogue.menu(number)
    name = text_hint(hints, "name", drawn.name, ShopName)
    address = f"{drawn.address.rpartition(', ')[0]}, {city}"
    x_m, y_m = spot_in(world.base.key.seed, city, address)
    items = [
        item._replace(id=world.new_id(MENU_ITEMS, facts.item_ids), merchant_id=merchant_id, available=True)
        for item in menu
    ]
    named = [_dish(items[0], world.new_id(MENU_ITEMS, facts.item_ids), dish, {}) for dish in names]
    items = [*named, *(item for item in items if item.name.casefold() not in {dish.casefold() for dish in names})]
    merchant = drawn._replace(
        id=merchant_id, name=name, cuisine=text_hint(hints, "cuisine", drawn.cuisine), city=city, address=address,
        dishes=tuple(item.name for item in items[:3]), opens_minute=_OPENS, closes_minute=_CLOSES, x_m=x_m, y_m=y_m,
        minimum_minor=min(drawn.minimum_minor, *(item.price_minor for item in items)) // 50 * 50,
    )  # fmt: skip
    world.store.put(MERCHANTS, merchant)
    for item in items:
        world.store.put(MENU_ITEMS, item)
    return merchant


def _dish(like: MenuItem, item_id: str, name: str, hints: Hints) -> MenuItem:
    price_minor = round(number_hint(hints, "price", like.price_minor / 100) * 100)
    return like._replace(id=item_id, name=name, price_minor=max(price_minor, 1), available=True)


def _kind_for(words: str, rng: Random) -> Kind:
    """The kind of merchant that goes with these words."""
    wanted, kinds = set(tokens(words)), load_kinds()
    scores = [
        2 * len(wanted & set(tokens(" ".join((kind.cuisine, *kind.nouns)))))
        + len(wanted & set(tokens(" ".join((*kind.words, *(dish.name for dish in kind.menu))))))
        for kind in kinds
    ]
    best = max(scores)
    return rng.choice([kind for kind, score in zip(kinds, scores, strict=True) if score == best])
