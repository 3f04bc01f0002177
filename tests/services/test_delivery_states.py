"""Delivery in any sequence of calls."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.services import new_world
from agentalign_env.services.delivery.providers import PROVIDER_NAMES
from agentalign_env.services.delivery.records import MERCHANTS, ORDERS, VOUCHERS, Merchant
from agentalign_env.toolkit.dispatch import ToolResult
from tests.services.test_delivery import menu, run, violations

WORLD = new_world("small", 3)
SHOPS = [row for row in WORLD.store.rows(MERCHANTS) if row.city == WORLD.owner.city]
CODES = ["", "", "", "nonsense", *(row.code for row in WORLD.store.rows(VOUCHERS))]
LINES = st.tuples(st.integers(0, 3), st.integers(-1, 52), st.sampled_from(({}, {"size": "large"}, {"extras": ["egg"]})))


class DeliveryLife(RuleBasedStateMachine):
    """Any sequence of calls, valid or not, keeps the invariants; what fails changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.world = WORLD.fork()
        self.ids = ["", "nonsense", *(order.id for order in self.world.store.rows(ORDERS))]
        self.saved = (self.world.snapshot(), self.world.digest())

    def attempt(self, tool: str, arguments: dict[str, Any]) -> ToolResult:
        before = self.world.digest()
        result = run(self.world, tool, arguments)
        assert (self.world.digest() == before) == (not result.changes)
        assert not (result.code and result.changes)
        return result

    @rule(
        shop=st.sampled_from(SHOPS),
        lines=st.lists(LINES, min_size=1, max_size=3),
        schedule=st.sampled_from(("", "", "19:00", "23:10", "tomorrow")),
        code=st.sampled_from(CODES),
        address=st.sampled_from(("12 Alder Street", "12 Alder Street, Atlantis", WORLD.owner.city, "")),
    )
    def order(self, shop: Merchant, lines: list[Any], schedule: str, code: str, address: str) -> None:
        provider, items = shop.provider, menu(self.world, shop)
        extras = {"meituan": "customizations", "doordash": "customizations"}.get(provider, "")
        wanted = [
            {"item_id": items[at % len(items)].id, "quantity": quantity, **({extras: how} if extras and how else {})}
            for at, quantity, how in lines
        ]
        arguments: dict[str, Any] = {"restaurant_id": shop.id, "items": wanted, "delivery_address": address}
        if provider == "foodpanda":
            arguments |= {"voucher_code": code, "schedule_time": schedule}
        elif provider == "ubereats":
            arguments |= {"schedule_for": schedule}
        else:
            arguments |= {"scheduled_time": schedule}
        result = self.attempt(f"place_order_{provider}", arguments)
        if not result.code:
            self.ids.append(result.value["order_id"])

    @rule(provider=st.sampled_from(PROVIDER_NAMES), data=st.data())
    def cancel(self, provider: str, data: st.DataObject) -> None:
        argument = "order_code" if provider == "foodpanda" else "order_id"
        self.attempt(f"cancel_order_{provider}", {argument: data.draw(st.sampled_from(self.ids))})

    @rule(provider=st.sampled_from(PROVIDER_NAMES), data=st.data())
    def track(self, provider: str, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from(self.ids))
        argument = "order_code" if provider == "foodpanda" else "order_id"
        result = self.attempt(f"track_order_{provider}", {argument: order_id})
        row = self.world.store.get(ORDERS, order_id)
        assert bool(result.code) == (row is None or row.provider != provider)

    @rule(minutes=st.integers(1, 90))
    def wait(self, minutes: int) -> None:
        self.world.store.elapsed_s += minutes * 60

    @rule()
    def save(self) -> None:
        self.saved = (self.world.snapshot(), self.world.digest())

    @rule()
    def go_back(self) -> None:
        state, digest = self.saved
        self.world.restore(state)
        assert self.world.digest() == digest
        known = {order.id for order in self.world.store.rows(ORDERS)}
        self.ids = [order_id for order_id in self.ids if order_id in known or order_id in ("", "nonsense")]

    @invariant()
    def everything_is_in_order(self) -> None:
        assert violations(self.world) == []


DeliveryLife.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
test_orders_stay_in_order_in_any_sequence = DeliveryLife.TestCase
