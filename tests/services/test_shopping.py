"""Shopping: what is found can be ordered, what is ordered leaves the stock, and what comes back returns to it."""

from typing import Any

import orjson
import pytest

from agentalign_env.core.addresses import office_address, street_address
from agentalign_env.core.topics import load_topics
from agentalign_env.core.world import World
from agentalign_env.services import new_world
from agentalign_env.services.shopping.providers import PROVIDERS, Provider
from agentalign_env.services.shopping.records import CUSTOMERS, ORDERS, PRODUCTS, STOCK, Order, Product
from agentalign_env.services.shopping.service import SERVICE
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall

ADDRESS = "12 Alder Street, Norwick"
WORDS = {"amazon": "keyword", "temu": "query", "ebay": "search_term", "taobao": "keyword"}
RESULTS = {"amazon": "results", "temu": "goods_list", "ebay": "itemSummaries", "taobao": "items"}
ITEM_ID = {"amazon": "asin", "temu": "goods_id", "ebay": "itemId", "taobao": "num_iid"}
ITEM_TOOL = {
    "amazon": ("get_amazon_product", "asin"),
    "temu": ("get_temu_goods", "goods_id"),
    "ebay": ("get_ebay_item", "item_id"),
    "taobao": ("get_taobao_item", "num_iid"),
}
ORDER_ID = {"amazon": "order_id", "temu": "order_sn", "ebay": "order_id", "taobao": "tid"}
each_shop = pytest.mark.parametrize("provider", PROVIDERS)


@pytest.fixture
def world() -> World:
    return new_world("small", 3)


def call(world: World, tool: str, **arguments: Any) -> Any:
    return orjson.loads(execute(world, load_tools(), ToolCall("1", tool, arguments)).content)


def refusal(world: World, tool: str, **arguments: Any) -> tuple[str, str | None]:
    """The code and the field of the error; the call must leave no trace."""
    before = world.digest()
    error = call(world, tool, **arguments)["error"]
    assert world.digest() == before
    return error["code"], error.get("field")


def violations(world: World) -> list[str]:
    return [sentence for check in SERVICE.invariants for sentence in check(world)]


def search(world: World, provider: str, words: str, **more: Any) -> list[dict[str, Any]]:
    found = call(world, f"search_products_{provider}", **{WORDS[provider]: words}, **more)
    items: list[dict[str, Any]] = found[RESULTS[provider]]
    return items


def products(world: World, provider: str) -> list[Product]:
    return world.store.where(PRODUCTS, "provider", provider)


def a_product(world: World, provider: str, **wanted: Any) -> Product:
    return next(
        product
        for product in products(world, provider)
        if all(getattr(product, field) == value for field, value in wanted.items())
    )


def left(world: World, product: Product) -> int:
    stock = world.store.get(STOCK, product.id)
    return product.stocked if stock is None else stock.available


def order(world: World, product: Product, quantity: int = 1, **more: Any) -> Any:
    tool = f"place_order_{product.provider}"
    return call(world, tool, item_id=product.id, quantity=quantity, shipping_address=ADDRESS, **more)


def refused_order(world: World, product: Product, quantity: int = 1, **more: Any) -> tuple[str, str | None]:
    tool = f"place_order_{product.provider}"
    arguments = {"item_id": product.id, "quantity": quantity, "shipping_address": ADDRESS, **more}
    return refusal(world, tool, **arguments)


def newest_order(world: World) -> Order:
    return next(iter(world.store.newest(ORDERS)))


def past_order(world: World, provider: str, status: str) -> Order:
    return next(row for row in world.store.where(ORDERS, "provider", provider) if row.status == status)


@each_shop
def test_every_question_about_a_topic_finds_something(world: World, provider: str) -> None:
    for topic in load_topics().values():
        for words in (*topic.queries, *topic.tags):
            assert search(world, provider, words), (topic.id, words)


@each_shop
def test_a_search_for_a_kind_of_thing_finds_it_first(world: World, provider: str) -> None:
    for kind in ("cat carrier", "inkjet printer", "raised bed soil mix", "running shoes", "nitrile gloves"):
        first = world.store.get(PRODUCTS, search(world, provider, kind)[0][ITEM_ID[provider]])
        assert first is not None
        assert (first.kind, first.provider) == (kind, provider)


@each_shop
def test_what_a_search_finds_can_be_looked_at_and_ordered(world: World, provider: str) -> None:
    item_id = search(world, provider, "moving boxes")[0][ITEM_ID[provider]]
    tool, name = ITEM_TOOL[provider]
    shown = call(world, tool, **{name: item_id})
    assert shown[ITEM_ID[provider]] == item_id
    placed = call(world, f"place_order_{provider}", item_id=item_id, quantity=2, shipping_address=ADDRESS)
    assert placed[ITEM_ID[provider]] == item_id
    assert violations(world) == []


def test_pages_follow_each_other_without_gap_or_repetition(world: World) -> None:
    first = call(world, "search_products_amazon", keyword="book", page_size=5)
    second = call(world, "search_products_amazon", keyword="book", page=2, page_size=5)
    both = call(world, "search_products_amazon", keyword="book", page_size=10)
    assert first["has_more"]
    assert both["results"] == first["results"] + second["results"]
    sorted_pages = [
        call(world, "search_products_amazon", keyword="book", sort_by="price_asc", page=page, page_size=4)["results"]
        for page in (1, 2)
    ]
    prices = [item["price"] for page in sorted_pages for item in page]
    assert prices == sorted(prices)


def test_amazon_narrows_by_its_filters(world: World) -> None:
    assert all(item["prime_eligible"] for item in search(world, "amazon", "light", prime_only=True))
    assert all(item["rating"] >= 4.5 for item in search(world, "amazon", "light", min_rating=4.5))
    priced = search(world, "amazon", "light", price_range=[20, 40])
    assert priced
    assert all(20 <= item["price"] <= 40 for item in priced)
    brand = search(world, "amazon", "light")[0]["brand"]
    branded = search(world, "amazon", "light", filters={"brand": [brand.upper()]})
    assert {item["brand"] for item in branded} == {brand}
    fast = search(world, "amazon", "book", filters={"shipping_speed": "two_day"})
    assert fast
    assert all(item["fastest_delivery_days"] <= 2 for item in fast)
    assert search(world, "amazon", "book", filters={"condition": "renewed"}) == []


def test_temu_narrows_by_its_filters(world: World) -> None:
    assert all(item["free_shipping"] for item in search(world, "temu", "light", free_shipping=True))
    cheap = search(world, "temu", "light", min_price=5, max_price=20, sort_by="price_high")
    prices = [item["price"] for item in cheap]
    assert prices == sorted(prices, reverse=True)
    assert prices
    assert max(prices) <= 20
    everywhere, abroad = search(world, "temu", "book"), search(world, "temu", "book", shipping_region="pt")
    assert len(abroad) <= len(everywhere)
    garden = search(world, "temu", "garden", category_id="30124")
    assert {item["category_name"] for item in garden} == {"Garden & Outdoors"}


def test_ebay_narrows_by_its_filters(world: World) -> None:
    used = search(world, "ebay", "book", condition=["used"])
    assert {item["condition"] for item in used} == {"used"}
    offers = search(world, "ebay", "light", buy_format=["best_offer"])
    assert offers
    assert offers == search(world, "ebay", "light", best_offer=True)
    assert all(item["returnsAccepted"] for item in search(world, "ebay", "book", returns_accepted=True))
    near = search(world, "ebay", "book", location="Port Mirren")
    assert near
    assert all(item["itemLocation"] == "Port Mirren, GB" for item in near)
    assert search(world, "ebay", "book", location="United States") == search(world, "ebay", "book", location="us")


def test_taobao_narrows_by_its_filters(world: World) -> None:
    assert all(item["is_tmall"] for item in search(world, "taobao", "light", tmall_only=True))
    assert all(item["coupon_amount"] > 0 for item in search(world, "taobao", "light", has_coupon=True))
    quick = search(world, "taobao", "book", delivery_time=3)
    assert quick
    assert all(item["delivery_days"] <= 3 for item in quick)
    sold = [item["volume"] for item in search(world, "taobao", "book", sort="sales")]
    assert sold == sorted(sold, reverse=True)
    assert {item["provcity"] for item in search(world, "taobao", "book", location="Hangzhou")} == {"Hangzhou"}


def test_a_filter_that_makes_no_sense_is_named(world: World) -> None:
    upside_down = refusal(world, "search_products_amazon", keyword="book", price_range=[40, 20])
    assert upside_down == ("invalid_argument", "price_range")
    assert refusal(world, "search_products_ebay", search_term="book", category="Boats") == (
        "invalid_argument",
        "category",
    )
    assert refusal(world, "search_products_temu", query="book", shipping_region="Atlantis") == (
        "invalid_argument",
        "shipping_region",
    )


def test_an_order_holds_what_was_asked_for_and_its_total_is_the_sum(world: World) -> None:
    product = a_product(world, "amazon", prime=True)
    placed = order(world, product, 2, shipping_method="expedited", gift_message="Happy birthday!")
    row = newest_order(world)
    assert (row.id, row.item_id, row.quantity, row.shipping_address) == (
        placed["orderId"],
        product.id,
        2,
        ADDRESS,
    )
    assert (row.shipping_method, row.gift, row.gift_message) == ("expedited", True, "Happy birthday!")
    assert placed["orderStatus"] == "Not yet shipped"
    assert placed["orderTotal"] == round(2 * placed["itemPrice"] + placed["shippingPrice"], 2)
    assert placed["paymentMethod"].split()[-2] == "ending"
    assert call(world, "track_amazon_order", order_id=row.id)["orderTotal"] == placed["orderTotal"]
    assert call(world, "list_amazon_orders", limit=1)["orders"] == [placed]


@each_shop
def test_stock_falls_with_an_order_and_comes_back_with_its_cancellation(world: World, provider: str) -> None:
    product = products(world, provider)[0]
    before, digest = left(world, product), world.digest()
    placed = order(world, product, 3)
    assert left(world, product) == before - 3
    order_id = placed[{"temu": "order_sn", "taobao": "tid"}.get(provider, "orderId")]
    cancelled = call(world, f"cancel_{provider}_order", **{ORDER_ID[provider]: order_id}, reason="Changed my mind")
    assert "error" not in cancelled
    assert left(world, product) == before
    assert world.digest() != digest
    assert [change.table for change in world.store.diff()] == ["orders"]
    again = refusal(world, f"cancel_{provider}_order", **{ORDER_ID[provider]: order_id})
    assert again == ("invalid_state", ORDER_ID[provider])
    assert violations(world) == []


@each_shop
def test_no_more_than_what_is_left_can_be_ordered(world: World, provider: str) -> None:
    product = products(world, provider)[0]
    available = left(world, product)
    assert refused_order(world, product, available + 1) == ("conflict", "quantity")
    order(world, product, available)
    message = call(
        world, f"place_order_{provider}", item_id=product.id, quantity=1, shipping_address=ADDRESS
    )["error"]["message"]  # fmt: skip
    assert message.startswith("0 of item")
    assert violations(world) == []


@each_shop
def test_a_shop_sells_its_own_items_only(world: World, provider: Provider) -> None:
    other = PROVIDERS[(PROVIDERS.index(provider) + 1) % len(PROVIDERS)]
    arguments = {"quantity": 1, "shipping_address": ADDRESS}
    for item_id in (products(world, other)[0].id, "B000000000", " "):
        assert refusal(world, f"place_order_{provider}", item_id=item_id, **arguments) == ("not_found", "item_id")
        tool, name = ITEM_TOOL[provider]
        assert refusal(world, tool, **{name: item_id}) == ("not_found", name)


def test_colours_and_sizes_are_those_that_the_item_has(world: World) -> None:
    shoes = a_product(world, "temu", kind="running shoes")
    assert refused_order(world, shoes, color="Invisible") == ("invalid_argument", "color")
    assert refused_order(world, shoes, size="99") == ("invalid_argument", "size")
    placed = order(world, shoes, color=shoes.colours[1].upper(), size=shoes.sizes[2])
    assert (placed["color"], placed["size"]) == (shoes.colours[1], shoes.sizes[2])
    plain = order(world, shoes)
    assert (plain["color"], plain["size"]) == (shoes.colours[0], shoes.sizes[0])
    one_colour = a_product(world, "temu", colours=())
    assert refused_order(world, one_colour, color="Blue") == ("invalid_argument", "color")


@pytest.mark.parametrize(
    "form", ["{colour} / {size}", "{size};{colour}", "Color:{colour};Size:{size}", "{colour} {size}"]
)
def test_taobao_reads_colour_and_size_from_one_text(world: World, form: str) -> None:
    jacket = a_product(world, "taobao", kind="rain jacket")
    colour, size = jacket.colours[1], "L"
    placed = order(world, jacket, color_size=form.format(colour=colour.lower(), size=size))
    assert (placed["color"], placed["size"]) == (colour, size)
    assert refused_order(world, jacket, color_size="Plaid / L") == ("invalid_argument", "color_size")


def test_prime_is_for_items_that_have_it(world: World) -> None:
    with_prime, without = a_product(world, "amazon", prime=True), a_product(world, "amazon", prime=False)
    placed = order(world, with_prime, shipping_method="prime")
    assert (placed["shippingMethod"], placed["shippingPrice"]) == ("prime", 0.0)
    assert refused_order(world, without, shipping_method="prime") == ("invalid_argument", "shipping_method")
    assert refused_order(world, without, prime=True) == ("invalid_argument", "prime")


def test_a_seller_accepts_an_offer_of_nine_tenths_and_declines_a_lower_one(world: World) -> None:
    product = a_product(world, "ebay", best_offer=True)
    price = product.price_minor / 100
    low, fair = round(price * 0.89, 2), round(price * 0.9, 2)
    assert refused_order(world, product, offer_price=low) == ("conflict", "offer_price")
    assert refused_order(world, product, offer_price=price + 1) == ("invalid_argument", "offer_price")
    assert order(world, product, offer_price=fair)["itemPrice"] == fair
    fixed = a_product(world, "ebay", best_offer=False)
    assert refused_order(world, fixed, offer_price=1) == ("invalid_argument", "offer_price")


def test_an_item_that_is_for_auction_only_cannot_be_ordered() -> None:
    world = new_world("medium", 0)
    product = a_product(world, "ebay", buy_formats=("auction",))
    assert refused_order(world, product) == ("invalid_state", "item_id")


def test_ebay_charges_the_way_to_pay_that_was_chosen(world: World) -> None:
    product = products(world, "ebay")[0]
    assert order(world, product)["paymentMethod"] == f"PayPal ({world.owner.email})"
    assert " ending " in order(world, product, payment_method="card")["paymentMethod"]


def test_points_pay_a_part_and_come_back_when_the_order_is_cancelled(world: World) -> None:
    product = a_product(world, "taobao", coupon_minor=0)
    customer = world.store.get(CUSTOMERS, "taobao")
    assert customer is not None
    placed = order(world, product, use_points=True)
    spent = min(customer.points, product.price_minor // 10)
    assert (placed["points_used"], placed["discount_fee"]) == (spent, spent / 100)
    assert world.store.get(CUSTOMERS, "taobao") == customer._replace(points=customer.points - spent)
    call(world, "cancel_taobao_order", tid=placed["tid"])
    assert world.store.get(CUSTOMERS, "taobao") == customer


def test_an_insured_shipment_costs_two_percent_more(world: World) -> None:
    product = max(products(world, "temu"), key=lambda product: product.price_minor)
    plain, insured = order(world, product), order(world, product, insurance=True)
    assert insured["insurance_fee"] == product.price_minor * 2 // 100 / 100
    assert insured["total"] == pytest.approx(plain["total"] + insured["insurance_fee"])


def test_an_address_has_letters(world: World) -> None:
    arguments = {"item_id": products(world, "amazon")[0].id, "quantity": 1}
    for address in ("   ", "12345"):
        found = refusal(world, "place_order_amazon", **arguments, shipping_address=address)
        assert found == ("invalid_argument", "shipping_address")


@each_shop
def test_the_history_holds_an_order_in_every_stage(world: World, provider: str) -> None:
    stages = {row.status for row in world.store.where(ORDERS, "provider", provider)}
    assert stages >= {"placed", "shipped", "delivered", "returned"}
    shipped = call(
        world, f"track_{provider}_order", **{ORDER_ID[provider]: past_order(world, provider, "shipped").id}
    )  # fmt: skip
    assert [event["event"] for event in shipped["tracking"]][:2] == ["Order placed", "Handed to the carrier"]
    listed = call(world, f"list_{provider}_orders", limit=1)
    (first,) = listed[{"temu": "order_list", "taobao": "trades"}.get(provider, "orders")]
    assert world.store.where(ORDERS, "provider", provider)[-1].id in first.values()


@each_shop
def test_only_an_order_that_has_not_been_sent_can_be_cancelled(world: World, provider: str) -> None:
    name = ORDER_ID[provider]
    for status in ("shipped", "delivered", "returned"):
        found = refusal(world, f"cancel_{provider}_order", **{name: past_order(world, provider, status).id})
        assert found == ("invalid_state", name)
    call(world, f"cancel_{provider}_order", **{name: past_order(world, provider, "placed").id})
    assert violations(world) == []


@each_shop
def test_a_delivered_order_goes_back_once_and_is_refunded_without_its_shipping(world: World, provider: str) -> None:
    name, tool = ORDER_ID[provider], f"return_{provider}_order"
    delivered = past_order(world, provider, "delivered")
    product = world.store.get(PRODUCTS, delivered.item_id)
    assert product is not None
    before = left(world, product)
    back = call(world, tool, **{name: delivered.id}, reason="It arrived damaged.")
    assert left(world, product) == before + delivered.quantity
    refund = delivered.total_minor - delivered.shipping_minor - delivered.insurance_minor
    assert refund / 100 in back.values()
    again = refusal(world, tool, **{name: delivered.id}, reason="It arrived damaged.")
    assert again == ("invalid_state", name)
    for status in ("placed", "shipped"):
        early = refusal(world, tool, **{name: past_order(world, provider, status).id}, reason="Too late")
        assert early == ("invalid_state", name)
    assert violations(world) == []


def test_a_part_of_an_order_goes_back_and_the_parts_add_up_to_the_whole() -> None:
    world, delivered = next(
        (world, row)
        for world in (new_world("small", seed) for seed in range(40))
        for row in world.store.where(ORDERS, "status", "delivered")
        if row.quantity == 3
    )
    tool, name = f"return_{delivered.provider}_order", ORDER_ID[delivered.provider]
    arguments = {name: delivered.id, "reason": "A part was missing."}
    assert refusal(world, tool, **arguments, quantity=4) == ("conflict", "quantity")
    assert refusal(world, tool, **arguments | {"reason": " "}) == ("invalid_argument", "reason")
    refunds = [execute(world, load_tools(), ToolCall("1", tool, {**arguments, "quantity": 1})).value for _ in range(3)]
    goods = delivered.unit_minor * 3 - delivered.discount_minor
    assert sum(round(refund["refund"] * 100) for refund in refunds) == goods
    row = world.store.get(ORDERS, delivered.id)
    assert row is not None
    assert (row.returned, row.status) == (3, "returned")
    assert violations(world) == []


def test_a_shop_shows_its_own_orders_only(world: World) -> None:
    foreign = past_order(world, "ebay", "placed").id
    assert refusal(world, "track_amazon_order", order_id=foreign) == ("not_found", "order_id")
    assert refusal(world, "cancel_taobao_order", tid="1") == ("not_found", "tid")


def test_orders_are_found_by_words_and_status(world: World) -> None:
    delivered = past_order(world, "amazon", "delivered")
    found = call(world, "list_amazon_orders", query=delivered.title.split(",")[0], status="Delivered")
    assert delivered.id in [item["orderId"] for item in found["orders"]]
    assert {item["orderStatus"] for item in found["orders"]} == {"Delivered"}


def test_the_address_book_knows_home_work_and_people(world: World) -> None:
    book = call(world, "list_amazon_addresses")["addresses"]
    seed, owner = world.base.key.seed, world.owner
    assert [entry["address"] for entry in book[:2]] == [street_address(seed, owner), office_address(seed, owner)]
    person = world.background.people[0]
    (found,) = call(world, "list_ebay_addresses", query=f"{person.relation} {person.first_name}")["addresses"]
    assert found == {
        "label": person.first_name,
        "fullName": person.name,
        "relation": person.relation,
        "address": street_address(seed, person),
    }


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_product_costs_about_the_same_everywhere(seed: int) -> None:
    world = new_world("small", seed)
    by_title = {product.title.split(",")[0]: product for product in products(world, "amazon")}
    for product in products(world, "taobao"):
        twin = by_title[product.title.split(" |")[0]]
        assert 0.3 < product.price_minor / 7.1 / twin.price_minor < 1
