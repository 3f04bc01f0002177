"""What the functions of known contracts and programs do.

A function gets the call, and answers its output. Those that change something move coins or keep an entry; the call's
value has not been moved yet, a payable function does that itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.amounts import spell
from agentalign_env.services.crypto.ledger import canonical, held, move, token_of
from agentalign_env.services.crypto.networks import NETWORKS, Network, family_of
from agentalign_env.services.crypto.records import CONTRACT_ENTRIES, TOKENS, Contract, ContractEntry, Token

__all__ = ["INTERFACES", "Call", "Function", "signature"]


class Call(NamedTuple):
    """A call as its contract sees it: who calls, with which arguments, and the units of the native coin sent along."""

    world: World
    contract: Contract
    caller: str
    arguments: tuple[str, ...]
    units: int

    @property
    def network(self) -> Network:
        """The contract's."""
        return self.contract.network


class Function(NamedTuple):
    """A function of a kind of contract.

    Attributes:
        parameters: What it takes, as its interface names it.
        run: What it does; the answer is its output.
        check: What it refuses, before anything is written; empty for functions that refuse nothing.
        payable: Whether coins can (and, for a deposit, must) be sent along.
        reads: Whether it only answers.
    """

    parameters: tuple[str, ...]
    run: Callable[[Call], str]
    check: Callable[[Call], None] | None = None
    payable: bool = False
    reads: bool = False


def signature(name: str, function: Function) -> str:
    """As explorers list it, such as ``transfer(address to, uint256 amount)``."""
    marks = " payable" if function.payable else " view" if function.reads else ""
    return f"{name}({', '.join(function.parameters)}){marks}"


def _entry(call: Call, slot: str) -> ContractEntry | None:
    # By slot, since a registry has an entry for everybody.
    entries = call.world.store.where(CONTRACT_ENTRIES, "slot", slot)
    return next((entry for entry in entries if entry.contract == call.contract.id), None)


def _keep(call: Call, slot: str, value: str) -> None:
    entry = _entry(call, slot)
    key = entry.id if entry else call.world.new_id(CONTRACT_ENTRIES)
    call.world.store.put(CONTRACT_ENTRIES, ContractEntry(key, call.network, call.contract.id, slot, value))


def _value(call: Call, slot: str) -> str:
    entry = _entry(call, slot)
    return entry.value if entry else ""


def _refuse(message: str) -> OperationError:
    return OperationError("invalid_argument", message, "arguments")


def _address(call: Call, at: int) -> str:
    address = canonical(call.arguments[at])
    if family_of(address, "arguments") != NETWORKS[call.network].family:
        raise _refuse(f"{call.arguments[at]} is no address of {NETWORKS[call.network].title}: give one that is")
    return address


def _number(call: Call, at: int) -> int:
    text = call.arguments[at]
    if not (text.isascii() and text.isdigit()) or len(text) > 78:
        raise _refuse(f"{call.contract.name} takes whole numbers of its smallest unit, got {text[:40]!r}")
    return int(text)


def _token(call: Call) -> Token:
    return call.world.store.where(TOKENS, "address", call.contract.id)[0]


# Tokens


def _check_token_transfer(call: Call) -> None:
    token, target, units = _token(call), _address(call, 0), _number(call, 1)
    have = held(call.world, call.network, call.caller, token.symbol)
    if target == call.caller or not units:
        raise _refuse(f"expected another address and more than 0, got {target} and {units}")
    if have < units:
        has, needs = (spell(amount, token.symbol, token.decimals) for amount in (have, units))
        raise OperationError(
            "insufficient_funds", f"{call.caller} holds {has}, this needs {needs}: transfer less", "arguments"
        )


def _token_transfer(call: Call) -> str:
    move(call.world, call.network, call.caller, _address(call, 0), _token(call).symbol, _number(call, 1))
    return "true"


def _check_approve(call: Call) -> None:
    _address(call, 0)
    _number(call, 1)


def _approve(call: Call) -> str:
    _keep(call, f"allowance:{call.caller}:{_address(call, 0)}", str(_number(call, 1)))
    return "true"


def _balance_of(call: Call) -> str:
    return str(held(call.world, call.network, _address(call, 0), _token(call).symbol))


def _allowance(call: Call) -> str:
    return _value(call, f"allowance:{_address(call, 0)}:{_address(call, 1)}") or "0"


# Registries of names


def _check_register(call: Call) -> None:
    name = call.arguments[0].strip().lower()
    if not name:
        raise _refuse("expected a name, got an empty text")
    holder = _value(call, f"name:{name}")
    if holder:
        message = f"{name!r} is registered for {holder} already: choose another name"
        raise OperationError("conflict", message, "arguments")


def _register(call: Call) -> str:
    _keep(call, f"name:{call.arguments[0].strip().lower()}", call.caller)
    return "true"


def _resolve(call: Call) -> str:
    return _value(call, f"name:{call.arguments[0].strip().lower()}")


# Vaults and staking pools: what one puts in can be taken out again


def _check_deposit(call: Call) -> None:
    if not call.units:
        message = f"a deposit into {call.contract.name} needs coins: send a value along"
        raise OperationError("invalid_argument", message, "value")


def _deposit(call: Call) -> str:
    slot = f"deposit:{call.caller}"
    total = int(_value(call, slot) or 0) + call.units
    move(call.world, call.network, call.caller, call.contract.id, NETWORKS[call.network].native, call.units)
    _keep(call, slot, str(total))
    return _in_coins(call, total)


def _check_withdraw(call: Call) -> None:
    units, have = _number(call, 0), int(_value(call, f"deposit:{call.caller}") or 0)
    if not 0 < units <= have:
        message = (
            f"{_in_coins(call, have)} ({have} units) can be withdrawn from {call.contract.name}, not {units} units"
        )
        raise OperationError("invalid_state", message, "arguments")


def _withdraw(call: Call) -> str:
    slot, units = f"deposit:{call.caller}", _number(call, 0)
    left = int(_value(call, slot)) - units
    move(call.world, call.network, call.contract.id, call.caller, NETWORKS[call.network].native, units)
    _keep(call, slot, str(left))
    return _in_coins(call, left)


def _deposit_of(call: Call) -> str:
    return _value(call, f"deposit:{_address(call, 0)}") or "0"


def _in_coins(call: Call, units: int) -> str:
    coin = token_of(call.world, call.network, NETWORKS[call.network].native)
    return spell(units, coin.symbol, coin.decimals)


# Solana programs without arguments of their own: their accounts are the arguments


def _check_send(call: Call) -> None:
    _check_deposit(call)
    if len(call.arguments) != 1:
        raise OperationError(
            "invalid_argument", f"transfer takes one recipient, got {len(call.arguments)}: name one", "accounts"
        )


def _send(call: Call) -> str:
    move(call.world, call.network, call.caller, call.arguments[0], NETWORKS[call.network].native, call.units)
    return _in_coins(call, call.units)


def _check_in(call: Call) -> str:
    slot = f"check-in:{call.caller}"
    count = int(_value(call, slot) or 0) + 1
    _keep(call, slot, str(count))
    return str(count)


_NAME = Function((), lambda call: call.contract.name, reads=True)

INTERFACES: Mapping[str, Mapping[str, Function]] = {
    "token": {
        "name": _NAME,
        "transfer": Function(("address to", "uint256 amount"), _token_transfer, _check_token_transfer),
        "approve": Function(("address spender", "uint256 amount"), _approve, _check_approve),
        "balanceOf": Function(("address owner",), _balance_of, reads=True),
        "allowance": Function(("address owner", "address spender"), _allowance, reads=True),
        "symbol": Function((), lambda call: _token(call).symbol, reads=True),
    },
    "registry": {
        "name": _NAME,
        "register": Function(("string name",), _register, _check_register),
        "resolve": Function(("string name",), _resolve, reads=True),
    },
    "vault": {
        "name": _NAME,
        "deposit": Function((), _deposit, _check_deposit, payable=True),
        "withdraw": Function(("uint256 amountGwei",), _withdraw, _check_withdraw),
        "depositOf": Function(("address owner",), _deposit_of, reads=True),
    },
    "check-in program": {"check_in": Function((), _check_in)},
    "transfer program": {"transfer": Function(("account recipient",), _send, _check_send, payable=True)},
    "staking program": {"deposit": Function((), _deposit, _check_deposit, payable=True)},
}
"""Functions by the kind of contract and by name; other contracts publish none."""
