"""Shopping in any sequence of calls."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.services import new_world
from agentalign_env.services.shopping.providers import PROVIDERS, Provider
from agentalign_env.services.shopping.records import ORDERS
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import execute
from agentalign_env.types import ToolCall
from tests.services.test_shopping import ADDRESS, ORDER_ID, products, violations

OPTIONS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "amazon": st.fixed_dictionaries(
        {}, optional={"shipping_method": st.sampled_from(("standard", "prime")), "prime": st.booleans()}
    ),
    "temu": st.fixed_dictionaries({}, optional={"insurance": st.booleans(), "color": st.sampled_from(("Black", ""))}),
    "ebay": st.fixed_dictionaries({}, optional={"offer_price": st.sampled_from((1, 18.0, 25.5))}),
    "taobao": st.fixed_dictionaries({}, optional={"use_points": st.booleans(), "color_size": st.just("White / M")}),
}


class OrderLife(RuleBasedStateMachine):
    """Any sequence of orders, cancellations and returns keeps the stock; what fails changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world("small", 3)
        self.orders = [(row.provider, row.id) for row in self.world.store.rows(ORDERS)]
        self.orders += [("amazon", "114-0000000-0000000"), ("temu", "nonsense")]
        self.saved = (self.world.snapshot(), self.world.digest())

    def attempt(self, tool: str, arguments: dict[str, Any]) -> Any:
        before = self.world.digest()
        result = execute(self.world, load_tools(), ToolCall("1", tool, arguments))
        assert (self.world.digest() == before) == (not result.changes)
        assert not (result.code and result.changes)
        return result

    @rule(provider=st.sampled_from(PROVIDERS), quantity=st.integers(0, 40), at=st.integers(0, 6), data=st.data())
    def buy(self, provider: Provider, quantity: int, at: int, data: st.DataObject) -> None:
        item_id = products(self.world, provider)[at].id
        options = data.draw(OPTIONS[provider])
        arguments = {"item_id": item_id, "quantity": quantity, "shipping_address": ADDRESS, **options}
        result = self.attempt(f"place_order_{provider}", arguments)
        if not result.code:
            self.orders.append((provider, result.value["order_id"]))

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        provider, order_id = data.draw(st.sampled_from(self.orders))
        self.attempt(f"cancel_{provider}_order", {ORDER_ID[provider]: order_id})

    @rule(data=st.data(), quantity=st.one_of(st.none(), st.integers(0, 3)))
    def send_back(self, data: st.DataObject, quantity: int | None) -> None:
        provider, order_id = data.draw(st.sampled_from(self.orders))
        arguments = {ORDER_ID[provider]: order_id, "reason": "It is the wrong size.", "quantity": quantity}
        self.attempt(f"return_{provider}_order", arguments)

    @rule()
    def save(self) -> None:
        self.saved = (self.world.snapshot(), self.world.digest())

    @rule()
    def go_back(self) -> None:
        state, digest = self.saved
        self.world.restore(state)
        assert self.world.digest() == digest

    @invariant()
    def the_shops_are_in_order(self) -> None:
        assert violations(self.world) == []


OrderLife.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
test_shops_stay_in_order_in_any_sequence = OrderLife.TestCase
