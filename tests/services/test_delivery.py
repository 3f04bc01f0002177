"""Delivery: places are found near an address, orders follow menus, hours and minimums, and couriers carry one each."""

from typing import Any

import pytest

from agentalign_env.core.addresses import STREETS, office_address, street_address
from agentalign_env.core.clock import DAY_S, HOUR_S, iso
from agentalign_env.core.topics import load_topics
from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.delivery.hours import is_open
from agentalign_env.services.delivery.providers import PROVIDER_NAMES
from agentalign_env.services.delivery.records import (
    ADDRESSES,
    COURIERS,
    MENU_ITEMS,
    MERCHANTS,
    ORDERS,
    VOUCHERS,
    MenuItem,
    Merchant,
)
from agentalign_env.services.delivery.service import SERVICE
from agentalign_env.services.delivery.views import usable_vouchers
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall

SEARCH = {
    "meituan": ("keyword", "location"),
    "doordash": ("query", "address"),
    "ubereats": ("search_term", "delivery_location"),
    "foodpanda": ("search_text", "area"),
}
each_provider = pytest.mark.parametrize("provider", PROVIDER_NAMES)


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def run(world: World, tool: str, arguments: dict[str, Any]) -> ToolResult:
    return execute(world, load_tools(), ToolCall("1", tool, arguments))


def call(world: World, tool: str, **arguments: Any) -> Any:
    """The operation's own answer, the same for every provider."""
    result = run(world, tool, arguments)
    assert not result.code, result.content
    return result.value


def refusal(world: World, tool: str, **arguments: Any) -> tuple[str, str | None, str]:
    """Code, field and message of the error; the call must leave no trace."""
    before = world.digest()
    result = run(world, tool, arguments)
    assert result.code, result.content
    assert world.digest() == before
    return result.code, result.value.get("field"), result.value["message"]


def violations(world: World) -> list[str]:
    return [sentence for check in SERVICE.invariants for sentence in check(world)]


def search(world: World, provider: str, query: str, place: str = "", **arguments: Any) -> list[dict[str, Any]]:
    words, location = SEARCH[provider]
    arguments |= {words: query, location: place or home(world)}
    return list(call(world, f"search_merchant_{provider}", **arguments)["merchants"])


def home(world: World) -> str:
    return street_address(world.base.key.seed, world.owner)


def basket(found: dict[str, Any], quantity: int = 1, **extras: Any) -> dict[str, Any]:
    """The place that was found and its first popular item."""
    line = {"item_id": found["popular_items"][0]["item_id"], "quantity": quantity, **extras}
    return {"restaurant_id": found["merchant_id"], "items": [line]}


def place(world: World, provider: str, query: str = "noodles", **arguments: Any) -> Any:
    order = basket(search(world, provider, query)[0])
    return call(world, f"place_order_{provider}", **{**order, "delivery_address": home(world), **arguments})


def merchants(world: World, **fields: Any) -> list[Merchant]:
    rows = world.store.rows(MERCHANTS)
    return [row for row in rows if all(getattr(row, name) == value for name, value in fields.items())]


def menu(world: World, merchant: Merchant) -> list[MenuItem]:
    return world.store.where(MENU_ITEMS, "merchant_id", merchant.id)


def order_row(world: World, order_id: str) -> Any:
    row = world.store.get(ORDERS, order_id)
    assert row is not None
    return row


@each_provider
def test_a_search_leads_to_an_order_by_ids_alone(world: World, provider: str) -> None:
    found = search(world, provider, "pizza")[0]
    item = found["popular_items"][0]
    order = call(world, f"place_order_{provider}", **basket(found, 2), delivery_address=home(world))
    assert (order["merchant_id"], order["merchant"]) == (found["merchant_id"], found["name"])
    assert order["items"] == [
        {"item_id": item["item_id"], "name": item["name"], "quantity": 2, "unit_price": item["price"]}
    ]
    assert order["items_total"] == pytest.approx(2 * item["price"])
    total = order["items_total"] + order["delivery_fee"] + order["tip"] - order["discount"]
    assert order["total"] == pytest.approx(total)
    assert order["tip"] == pytest.approx(order["items_total"] * 0.15 if provider == "ubereats" else 0, abs=0.01)
    assert call(world, f"list_orders_{provider}", limit=1)["orders"] == [order]
    assert violations(world) == []


@each_provider
def test_the_first_item_of_every_menu_meets_the_minimum(world: World, provider: str) -> None:
    for merchant in merchants(world, provider=provider):
        first = menu(world, merchant)[0]
        assert first.available
        assert first.price_minor >= merchant.minimum_minor > 0


@pytest.mark.parametrize("seed", range(6))
def test_every_provider_has_an_open_place_of_every_kind_in_the_owners_city(seed: int) -> None:
    world = new_world("small", seed)
    kinds = {merchant.cuisine for merchant in world.store.rows(MERCHANTS)}
    assert len(kinds) == 24
    for provider in PROVIDER_NAMES:
        for kind in kinds:
            found = search(world, provider, kind, world.owner.city)
            assert (found[0]["cuisine"], found[0]["open_now"]) == (kind, True)
    assert any(not is_open(merchant, world.now_s) for merchant in world.store.rows(MERCHANTS))


@each_provider
def test_every_topic_finds_a_place_that_goes_with_it(world: World, provider: str) -> None:
    for topic in load_topics().values():
        assert search(world, provider, topic.tags[0], world.owner.city), topic.id


def test_a_place_is_a_city_or_an_address_and_the_owners_city_when_neither_is_known(world: World) -> None:
    other = next(merchant.city for merchant in world.store.rows(MERCHANTS) if merchant.city != world.owner.city)
    for text, city in (
        (other, other),
        (f"flat 3, 12 Alder Street, {other.upper()}", other),
        ("12 Alder Street", world.owner.city),
        ("12 Rue de la Gare, Quimperville", world.owner.city),
    ):
        page = call(world, "search_merchant_doordash", query="food", address=text)
        assert page["city"] == city
        assert page.get("deliver_to") == (None if text == other else text)


def test_distance_and_minutes_are_those_to_the_address(world: World) -> None:
    merchant = merchants(world, provider="doordash", city=world.owner.city)[0]
    (near,) = [
        found
        for found in search(world, "doordash", merchant.name, merchant.address)
        if found["merchant_id"] == merchant.id
    ]
    assert (near["distance_m"], near["delivery_minutes"]) == (0, merchant.prep_minutes + 4)
    street = next(name for name in STREETS if name not in merchant.address)
    far = search(world, "doordash", merchant.name, f"5 {street}, {merchant.city}")[0]
    again = search(world, "doordash", merchant.name, f"77 {street}, {merchant.city}")[0]
    assert far["distance_m"] == again["distance_m"] > 0


@pytest.mark.parametrize(
    ("provider", "arguments", "fits"),
    [
        ("meituan", {"filters": {"price_range": [0, 13]}}, lambda found: found["average_price"] <= 13),
        ("meituan", {"filters": {"price_range": [20, 14]}}, lambda found: 14 <= found["average_price"] <= 20),
        ("meituan", {"filters": {"cuisine_type": "Noodles"}}, lambda found: found["cuisine"] == "noodles"),
        ("meituan", {"filters": {"delivery_time": 25}}, lambda found: found["delivery_minutes"] <= 25),
        ("doordash", {"cuisine_type": "curry"}, lambda found: found["cuisine"] == "curry"),
        ("doordash", {"price_range": "$$$"}, lambda found: found["price_level"] >= 3),
        ("doordash", {"dietary_preferences": ["Gluten free"]}, lambda found: "gluten-free" in found["dietary"]),
        ("doordash", {"rating_min": 4.3}, lambda found: found["rating"] >= 4.3),
        ("doordash", {"top_rated_only": True}, lambda found: found["rating"] >= 4.5),
        ("doordash", {"delivery_time_max": 25}, lambda found: found["delivery_minutes"] <= 25),
        ("ubereats", {"price_level": [1, 3]}, lambda found: found["price_level"] in (1, 3)),
        ("ubereats", {"dietary_restrictions": ["vegan", "halal"]}, lambda found: "halal" in found["dietary"]),
        ("ubereats", {"max_delivery_fee": 1}, lambda found: found["delivery_fee"] <= 1),
        ("ubereats", {"max_delivery_time": 30}, lambda found: found["delivery_minutes"] <= 30),
        ("foodpanda", {"cuisine": "tacos"}, lambda found: found["cuisine"] == "tacos"),
        ("foodpanda", {"min_order_value": 9}, lambda found: found["minimum_order"] <= 9),
        ("foodpanda", {"delivery_time": "now"}, lambda found: found["open_now"]),
        ("foodpanda", {"delivery_time": "25 min"}, lambda found: found["open_now"] and found["delivery_minutes"] <= 25),
        ("foodpanda", {"vouchers_only": True}, lambda found: found["vouchers"]),
        ("foodpanda", {"free_delivery": True}, lambda found: found["delivery_fee"] == 0),
    ],
)
def test_a_filter_keeps_the_places_that_fit_and_only_those(
    world: World, provider: str, arguments: dict[str, Any], fits: Any
) -> None:
    size = {"page_size": 100} if provider == "meituan" else {}
    everything = [found for page in (1, 2, 3) for found in search(world, provider, "restaurant cafe shop", page=page)]
    wanted = {found["merchant_id"] for found in everything if fits(found)}
    kept = search(world, provider, "restaurant cafe shop", **arguments, **size)
    if not size:
        kept += search(world, provider, "restaurant cafe shop", page=2, **arguments)
    assert {found["merchant_id"] for found in kept} == wanted
    assert 0 < len(wanted) < len(everything)


@pytest.mark.parametrize(
    ("provider", "sort", "key"),
    [
        ("meituan", "distance", lambda found: found["distance_m"]),
        ("meituan", "rating", lambda found: -found["rating"]),
        ("meituan", "sales", lambda found: -found["monthly_sales"]),
        ("ubereats", "delivery_time", lambda found: found["delivery_minutes"]),
        ("ubereats", "price", lambda found: found["average_price"]),
    ],
)
def test_results_are_sorted_as_asked_with_closed_places_last(world: World, provider: str, sort: str, key: Any) -> None:
    found = search(world, provider, "restaurant", sort_by=sort)
    order = [(not one["open_now"], key(one)) for one in found]
    assert order == sorted(order)
    assert len(found) > 4


def test_pages_follow_each_other(world: World) -> None:
    whole = [found["merchant_id"] for found in search(world, "meituan", "restaurant", page_size=100)]
    pages = [search(world, "meituan", "restaurant", page=number, page_size=3) for number in range(1, len(whole) + 1)]
    assert [found["merchant_id"] for page in pages for found in page] == whole


def test_a_diet_that_nobody_knows_is_refused(world: World) -> None:
    arguments = {"query": "soup", "address": home(world), "dietary_preferences": ["lunar"]}
    code, field, message = refusal(world, "search_merchant_doordash", **arguments)
    assert (code, field) == ("invalid_argument", "dietary_preferences")
    assert "vegetarian" in message


def test_a_provider_knows_its_own_places_and_orders_only(world: World) -> None:
    order = place(world, "doordash")
    found = search(world, "doordash", "noodles")[0]
    assert refusal(world, "get_menu_ubereats", restaurant_id=found["merchant_id"])[:2] == ("not_found", "restaurant_id")
    assert refusal(world, "track_order_foodpanda", order_code=order["order_id"])[:2] == ("not_found", "order_code")
    elsewhere = {**basket(found), "delivery_address": home(world)}
    assert refusal(world, "place_order_meituan", **elsewhere)[:2] == ("not_found", "restaurant_id")


def test_only_what_is_on_the_menu_and_available_can_be_ordered(world: World) -> None:
    found, other = search(world, "meituan", "noodles")[0], search(world, "meituan", "pizza")[0]
    wrong = {**basket(found), "items": basket(other)["items"], "delivery_address": home(world)}
    assert refusal(world, "place_order_meituan", **wrong)[:2] == ("not_found", "items")
    sold_out = next(item for item in world.store.rows(MENU_ITEMS) if not item.available)
    merchant = world.store.get(MERCHANTS, sold_out.merchant_id)
    assert merchant is not None
    tool = f"place_order_{merchant.provider}"
    gone = {"restaurant_id": merchant.id, "items": [{"item_id": sold_out.id, "quantity": 9}]}
    assert refusal(world, tool, **gone, delivery_address=merchant.address)[:2] == ("conflict", "items")


def test_quantities_are_from_1_to_50_also_together(world: World) -> None:
    found = search(world, "meituan", "noodles")[0]
    for quantity in (0, 51, -1, 1.5):
        order = {**basket(found, quantity), "delivery_address": home(world)}  # type: ignore[arg-type]
        assert refusal(world, "place_order_meituan", **order)[0] == "invalid_argument"
    twice = {**basket(found), "items": basket(found, 30)["items"] * 2, "delivery_address": home(world)}
    assert refusal(world, "place_order_meituan", **twice)[:2] == ("invalid_argument", "items")
    merged = {**twice, "items": basket(found, 20)["items"] * 2}
    assert order_row(world, call(world, "place_order_meituan", **merged)["order_id"]).quantities == (40,)


def test_an_order_below_the_minimum_names_what_is_missing(world: World) -> None:
    merchant = merchants(world, provider="doordash", cuisine="pizza", city=world.owner.city)[0]
    cheap = min(menu(world, merchant), key=lambda item: item.price_minor)
    missing = merchant.minimum_minor - cheap.price_minor
    assert missing > 0
    order = {"restaurant_id": merchant.id, "items": [{"item_id": cheap.id, "quantity": 1}]}
    code, field, message = refusal(world, "place_order_doordash", **order, delivery_address=home(world))
    assert (code, field) == ("invalid_argument", "items")
    assert f"{missing / 100:.2f} EUR" in message


def test_a_place_delivers_in_its_own_city_only(world: World) -> None:
    other = next(person for person in world.background.people if person.city != world.owner.city)
    order = basket(search(world, "doordash", "noodles")[0])
    there = street_address(world.base.key.seed, other)
    code, field, message = refusal(world, "place_order_doordash", **order, delivery_address=there)
    assert (code, field) == ("invalid_argument", "delivery_address")
    assert other.city in message
    assert refusal(world, "place_order_doordash", **order, delivery_address=" ")[1] == "delivery_address"
    assert call(world, "place_order_doordash", **order, delivery_address="the blue house by the canal")["order_id"]


def test_options_are_chosen_from_the_menu_and_paid_for(world: World) -> None:
    found = search(world, "doordash", "pizza")[0]
    lines = call(world, "get_menu_doordash", restaurant_id=found["merchant_id"])["items"]
    assert {"group": "size", "choice": "family", "added_price": 7.0} in lines[0]["options"]
    chosen = {"Size": "family", "extras": ["olives", "MUSHROOMS"], "note": "cut in eight"}
    order = {**basket(found, 2, customizations=chosen), "delivery_address": home(world)}
    made = call(world, "place_order_doordash", **order)
    assert made["items"][0]["choices"] == "extras: mushrooms, olives; size: family"
    assert made["items"][0]["unit_price"] == pytest.approx(lines[0]["price"] + 7 + 1.2 + 1.5)
    assert made["item_notes"] == "Margherita: cut in eight"
    for wrong in ({"size": "huge"}, {"colour": "red"}, {"size": ["regular", "family"]}):
        bad = {**basket(found, customizations=wrong), "delivery_address": home(world)}
        assert refusal(world, "place_order_doordash", **bad)[:2] == ("invalid_argument", "items")
    panda = search(world, "foodpanda", "pizza")[0]
    plus = {**basket(panda, add_ons=["olives", "family"]), "delivery_address": home(world)}
    assert call(world, "place_order_foodpanda", **plus)["items"][0]["choices"] == "extras: olives; size: family"
    eats = {**basket(search(world, "ubereats", "pizza")[0], special_instructions="well done")}
    assert call(world, "place_order_ubereats", **eats, delivery_address=home(world))["item_notes"].endswith("well done")
    assert violations(world) == []


def test_what_a_person_asked_for_is_in_the_row(world: World) -> None:
    made = place(world, "meituan", note_to_driver="Ring twice", contact_phone="+12125550142")
    row = order_row(world, made["order_id"])
    assert (row.provider, row.address, row.note, row.phone) == ("meituan", home(world), "Ring twice", "+12125550142")
    assert order_row(world, place(world, "meituan")["order_id"]).phone == world.owner.phone
    dash = order_row(world, place(world, "doordash", tip_amount=2.5, priority_delivery=True)["order_id"])
    assert (dash.tip_minor, dash.priority, dash.no_contact, dash.group_order) == (250, True, True, False)
    eats = order_row(world, place(world, "ubereats", tip_percent=10, group_order=True)["order_id"])
    assert (eats.tip_minor, eats.group_order) == ((eats.items_minor + 5) // 10, True)
    panda = order_row(world, place(world, "foodpanda", payment_method="cash", pro_member=True)["order_id"])
    assert (panda.payment_method, panda.pro_member, panda.fee_minor) == ("cash", True, 0)
    assert violations(world) == []


def test_priority_costs_more_and_comes_sooner(world: World) -> None:
    plain, sooner = place(world.fork(), "doordash"), place(world.fork(), "doordash", priority_delivery=True)
    assert sooner["delivery_fee"] == pytest.approx(plain["delivery_fee"] + 1.99)
    assert sooner["estimated_delivery"] < plain["estimated_delivery"]


def test_a_closed_place_takes_orders_for_later_only(world: World) -> None:
    evening = next(row for row in merchants(world, provider="foodpanda") if not is_open(row, world.now_s))
    line = {"item_id": menu(world, evening)[0].id, "quantity": 1}
    order = {"restaurant_id": evening.id, "items": [line], "delivery_address": home(world)}
    code, field, message = refusal(world, "place_order_foodpanda", **order)
    assert (code, field) == ("invalid_state", "restaurant_id")
    assert "17:30-23:30" in message
    made = call(world, "place_order_foodpanda", **order, schedule_time="19:30")
    tonight = iso(world.now_s // DAY_S * DAY_S + 19 * HOUR_S + 1800)
    assert (made["status"], made["scheduled_for"], made["estimated_delivery"]) == ("PREORDERED", tonight, tonight)
    assert refusal(world, "place_order_foodpanda", **order, schedule_time="11:00")[:2] == (
        "invalid_argument",
        "schedule_time",
    )


@pytest.mark.parametrize("schedule", ["soon", "25:00", "2020-01-01T12:00:00Z", "2031-01-01T12:00:00Z", "03:00"])
def test_a_time_that_nobody_delivers_at_is_refused(world: World, schedule: str) -> None:
    order = {**basket(search(world, "doordash", "pizza")[0]), "delivery_address": home(world)}
    found = refusal(world, "place_order_doordash", **order, scheduled_time=schedule)
    assert found[:2] == ("invalid_argument", "scheduled_time")


def test_a_clock_time_and_the_same_time_in_full_are_one(world: World) -> None:
    full = iso(world.now_s // DAY_S * DAY_S + 19 * HOUR_S)
    short = order_row(world, place(world, "doordash", scheduled_time="19:00")["order_id"])
    long = order_row(world, place(world, "doordash", scheduled_time=full)["order_id"])
    assert short.scheduled_for == long.scheduled_for == full


def test_a_voucher_is_used_once_and_comes_back_with_a_cancellation(world: World) -> None:
    found = search(world, "foodpanda", "party platters", vouchers_only=True) or search(
        world, "foodpanda", "restaurant", vouchers_only=True
    )
    merchant = world.store.get(MERCHANTS, found[0]["merchant_id"])
    assert merchant is not None
    code = usable_vouchers(world, merchant)[0].code
    assert any(text.startswith(code) for text in found[0]["vouchers"])
    order = {**basket(found[0], 3), "delivery_address": home(world), "voucher_code": code.lower()}
    made = call(world, "place_order_foodpanda", **order)
    assert made["discount"] > 0
    assert refusal(world, "place_order_foodpanda", **order)[:2] == ("conflict", "voucher_code")
    call(world, "cancel_order_foodpanda", order_code=made["order_id"], reason="Too much")
    assert call(world, "place_order_foodpanda", **order)["discount"] == made["discount"]
    assert violations(world) == []


def test_a_voucher_that_does_not_fit_is_refused(world: World) -> None:
    takes = next(row for row in merchants(world, provider="foodpanda", city=world.owner.city) if row.vouchers)
    takes_none = next(row for row in merchants(world, provider="foodpanda", city=world.owner.city) if not row.vouchers)
    today = iso(world.now_s)[:10]
    fresh = next(row for row in world.store.rows(VOUCHERS) if not row.used_by and row.expires >= today)
    expired = next(row for row in world.store.rows(VOUCHERS) if row.expires < today)
    large = next(row for row in world.store.rows(VOUCHERS) if row.minimum_minor == 2500 and row.expires >= today)
    small = next(row for row in merchants(world, provider="foodpanda", cuisine="noodles") if row.vouchers)

    def attempt(merchant: Merchant, code: str) -> tuple[str, str | None]:
        line = {"item_id": menu(world, merchant)[0].id, "quantity": 1}
        order = {"restaurant_id": merchant.id, "items": [line], "delivery_address": home(world), "voucher_code": code}
        return refusal(world, "place_order_foodpanda", **order)[:2]

    assert attempt(takes, "SAVENOTHING") == ("not_found", "voucher_code")
    assert attempt(takes, expired.code) == ("invalid_state", "voucher_code")
    assert attempt(takes_none, fresh.code) == ("invalid_argument", "voucher_code")
    assert attempt(small, large.code) == ("invalid_argument", "voucher_code")


def test_an_order_goes_from_the_kitchen_to_the_door_as_time_passes(world: World) -> None:
    made = place(world, "doordash")
    row = order_row(world, made["order_id"])
    seen = []
    for time_s in (row.placed_s, row.placed_s + 130, row.picked_up_s, row.arrives_s):
        world.store.elapsed_s = max(time_s - world.base.start_s, world.store.elapsed_s)
        seen.append(call(world, "track_order_doordash", order_id=row.id)["status"])
    assert seen == ["created", "confirmed", "enroute_to_dropoff", "delivered"]
    delivered = call(world, "track_order_doordash", order_id=row.id)
    assert delivered["delivered_at"] == iso(row.arrives_s)
    assert delivered["courier"]
    found = refusal(world, "cancel_order_doordash", order_id=row.id)
    assert found[:2] == ("invalid_state", "order_id")


@each_provider
def test_an_order_that_waits_can_be_cancelled_once(world: World, provider: str) -> None:
    argument = "order_code" if provider == "foodpanda" else "order_id"
    order_id = place(world, provider)["order_id"]
    cancelled = call(world, f"cancel_order_{provider}", **{argument: order_id}, reason="Plans have changed")
    assert cancelled["cancel_reason"] == "Plans have changed"
    assert order_row(world, order_id).cancelled
    assert refusal(world, f"cancel_order_{provider}", **{argument: order_id})[:2] == ("invalid_state", argument)
    assert violations(world) == []


def test_when_every_courier_is_busy_orders_come_one_after_the_other(world: World) -> None:
    arrivals = [place(world, "meituan")["estimated_delivery"] for _ in range(9)]
    riders = [row.id for row in world.store.where(COURIERS, "city", world.owner.city) if row.provider == "meituan"]
    assert len(riders) < len(arrivals)
    assert arrivals[-1] > arrivals[0]
    assert violations(world) == []


@each_provider
def test_a_world_begins_with_past_orders_and_one_for_tonight(world: World, provider: str) -> None:
    orders = call(world, f"list_orders_{provider}", limit=50)["orders"]
    placed = [order["placed_at"] for order in orders]
    assert placed == sorted(placed, reverse=True)
    assert all(order["delivery_address"].endswith(world.owner.city) for order in orders)
    (tonight,) = [order for order in orders if "scheduled_for" in order]
    assert tonight["scheduled_for"][:10] == iso(world.now_s)[:10]
    argument = "order_code" if provider == "foodpanda" else "order_id"
    call(world, f"cancel_order_{provider}", **{argument: tonight["order_id"]})
    again = call(world, f"list_orders_{provider}", limit=50)["orders"]
    assert [order["placed_at"] for order in again] == placed


def test_orders_are_found_by_words_and_status(world: World) -> None:
    made = place(world, "doordash", "sushi")
    found = call(world, "list_orders_doordash", query="mixed sushi", status="created")["orders"]
    assert [order["order_id"] for order in found] == [made["order_id"]]
    code, field, _ = refusal(world, "list_orders_doordash", status="lost")
    assert (code, field) == ("invalid_argument", "status")


def test_the_saved_addresses_are_those_of_the_owner_and_people(world: World) -> None:
    seed, owner, first = world.base.key.seed, world.owner, world.background.people[0]
    book = call(world, "list_addresses_ubereats")["addresses"]
    assert [(entry["label"], entry["address"]) for entry in book[:3]] == [
        ("home", street_address(seed, owner)),
        ("work", office_address(seed, owner)),
        (first.first_name, street_address(seed, first)),
    ]
    found = call(world, "list_addresses_meituan", query=first.name)["addresses"]
    assert [entry["address"] for entry in found] == [street_address(seed, first)]
    assert world.store.count(ADDRESSES) == world.base.size.rows[ADDRESSES.name]


def test_a_person_lives_in_one_street_and_colleagues_share_an_office(world: World) -> None:
    owner = world.owner
    colleague = world.background.people[0]._replace(employer=owner.employer, city=owner.city)
    assert office_address(5, colleague) == office_address(5, owner)
    number, _, rest = street_address(5, owner).partition(" ")
    street, _, city = rest.partition(", ")
    assert (0 < int(number) < 190, street in STREETS, city) == (True, True, owner.city)


@pytest.mark.parametrize(("size", "seed"), [("small", 0), ("small", 7), ("medium", 1)])
def test_a_world_begins_in_order(size: str, seed: int) -> None:
    world = new_world(size, seed)
    assert violations(world) == []
    for table in SERVICE.tables:
        assert world.store.count(table) == world.base.size.rows[table.name]


def test_an_order_that_does_not_add_up_is_a_violation(world: World) -> None:
    row = next(iter(world.store.newest(ORDERS)))
    world.store.put(ORDERS, row._replace(total_minor=row.total_minor + 1))
    assert len(violations(world)) == 1
    world.store.put(ORDERS, row._replace(item_ids=("nothing",), quantities=(1,), choices=("",), items_minor=0))
    assert violations(world)
