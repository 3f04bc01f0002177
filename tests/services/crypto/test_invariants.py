"""Whatever is called in whatever order: nothing is made or lost, and what fails changes nothing."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentalign_env.services import new_world
from agentalign_env.services.crypto.records import CONTRACTS, HOLDINGS, SAVED_ADDRESSES, TOKENS, WALLETS
from agentalign_env.toolkit.catalogue import load_tools
from agentalign_env.toolkit.dispatch import ToolResult, execute
from agentalign_env.types import ToolCall
from tests.services.crypto.calls import violations

AMOUNTS = st.sampled_from(("0.0005", "0.001", "0.02", "1", "25", "60.5", "100000", "0.123456789", "0"))
SYMBOLS = st.sampled_from(("EXUSD", "EXEUR", "FERN", "TIDE", "ETH", "BNB"))
CHAINS = st.sampled_from(("ethereum", "bsc", "polygon"))
FUNCTIONS = st.sampled_from(("deposit", "withdraw", "register", "transfer", "approve", "name", "balanceOf"))


def test_a_unit_that_appears_from_nowhere_is_a_violation() -> None:
    world = new_world("small", 3)
    row = next(world.store.rows(HOLDINGS))
    world.store.put(HOLDINGS, row._replace(units=row.units + 1))
    assert len(violations(world)) == 2


class CryptoLife(RuleBasedStateMachine):
    """Any sequence of calls, valid or not."""

    def __init__(self) -> None:
        super().__init__()
        self.world = new_world("small", 3)
        wallets = list(self.world.store.rows(WALLETS))
        people = list(self.world.store.rows(SAVED_ADDRESSES))[:4]
        self.addresses = {
            family: [getattr(row, family) for row in (*wallets, *people) if getattr(row, family)]
            for family in ("bitcoin", "evm", "solana", "monero")
        }
        self.own = {family: getattr(wallets[0], family) for family in self.addresses}
        self.contracts = {
            network: [row.id for row in self.world.store.where(CONTRACTS, "network", network)]
            for network in ("ethereum", "solana")
        }
        self.tokens = [row.address for row in self.world.store.rows(TOKENS) if row.address]
        self.saved = (self.world.snapshot(), self.world.digest())

    def attempt(self, tool: str, **arguments: Any) -> ToolResult:
        before = self.world.digest()
        result = execute(self.world, load_tools(), ToolCall("1", tool, arguments))
        assert bool(result.changes) == (self.world.digest() != before)
        assert not (result.code and result.changes)
        return result

    def one(self, data: st.DataObject, family: str) -> str:
        return data.draw(st.sampled_from(self.addresses[family]))

    def spender(self, data: st.DataObject, family: str) -> str:
        """Mostly the owner's funded address."""
        return data.draw(st.sampled_from([self.own[family]] * 6 + self.addresses[family]))

    @rule(wallet_type=st.sampled_from(("hot", "cold", "multi_sig")))
    def create(self, wallet_type: str) -> None:
        result = self.attempt("create_wallet", wallet_type=wallet_type)
        for family, address in result.value["addresses"].items():
            self.addresses[family].append(address)

    @rule(data=st.data(), amount=AMOUNTS, strategy=st.sampled_from(("economic", "privacy", "age_based")))
    def send_bitcoin(self, data: st.DataObject, amount: str, strategy: str) -> None:
        sender, recipient = self.spender(data, "bitcoin"), self.one(data, "bitcoin")
        self.attempt(
            "bitcoin_transaction", from_address=sender, to_address=recipient, amount_btc=amount,
            utxo_selection=strategy,
        )  # fmt: skip

    @rule(data=st.data(), amount=AMOUNTS, priority=st.sampled_from(("slow", "fast")))
    def send_monero(self, data: st.DataObject, amount: str, priority: str) -> None:
        to = self.one(data, "monero")
        self.attempt("monero_private_transfer", destination=to, amount_xmr=amount, priority=priority)

    @rule(data=st.data(), family=st.sampled_from(("bitcoin", "evm")), amount=st.one_of(st.none(), AMOUNTS))
    def pool(self, data: st.DataObject, family: str, amount: str | None) -> None:
        inputs = [self.spender(data, family) for _ in range(data.draw(st.integers(1, 2)))]
        outputs = data.draw(st.lists(st.sampled_from(self.addresses[family]), min_size=1, max_size=3))
        more = {} if amount is None else {"amount": amount}
        self.attempt("mix_cryptocurrency", input_addresses=inputs, output_addresses=outputs, **more)

    @rule(data=st.data(), give=SYMBOLS, get=SYMBOLS, amount=AMOUNTS, network=CHAINS)
    def swap(self, data: st.DataObject, give: str, get: str, amount: str, network: str) -> None:
        own = self.spender(data, "evm")
        self.attempt(
            "execute_dex_swap", from_token=give, to_token=get, amount=amount, wallet_address=own, network=network
        )

    @rule(data=st.data(), start=CHAINS, end=CHAINS, amount=AMOUNTS)
    def bridge(self, data: st.DataObject, start: str, end: str, amount: str) -> None:
        token = data.draw(st.sampled_from(self.tokens))
        self.attempt(
            "execute_cross_chain_transfer", from_chain=start, to_chain=end, token_address=token, amount=amount,
            recipient=self.one(data, "evm"),
        )  # fmt: skip

    @rule(data=st.data(), function=FUNCTIONS, value=st.sampled_from(("0", "0.01", "0.3")))
    def interact(self, data: st.DataObject, function: str, value: str) -> None:
        arguments = data.draw(st.lists(st.sampled_from(("5", "kite", self.addresses["evm"][-1])), max_size=2))
        self.attempt(
            "ethereum_contract_interaction", contract_address=data.draw(st.sampled_from(self.contracts["ethereum"])),
            function_name=function, function_args=arguments, value_eth=value,
        )  # fmt: skip

    @rule(data=st.data(), instruction=st.sampled_from(("transfer", "deposit", "check_in")))
    def program(self, data: st.DataObject, instruction: str) -> None:
        accounts = data.draw(st.lists(st.sampled_from(self.addresses["solana"]), max_size=3))
        program = data.draw(st.sampled_from(self.contracts["solana"]))
        lamports = data.draw(st.sampled_from(("0", "3000000", "99000000000")))
        self.attempt(
            "solana_program_call", program_id=program, instruction=instruction, accounts=accounts, lamports=lamports
        )

    @rule()
    def save(self) -> None:
        self.saved = (self.world.snapshot(), self.world.digest())

    @rule()
    def go_back(self) -> None:
        state, digest = self.saved
        self.world.restore(state)
        assert self.world.digest() == digest

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        assert violations(self.world) == []


CryptoLife.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
test_the_ledger_holds_in_any_sequence = CryptoLife.TestCase
