"""Contracts and programs: putting them on a network, calling them, and finding them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agentalign_env.core.clock import iso
from agentalign_env.core.ids import HEX, IdStyle
from agentalign_env.core.operation import operation
from agentalign_env.core.world import World
from agentalign_env.errors import OperationError
from agentalign_env.services.crypto.amounts import to_text, to_units
from agentalign_env.services.crypto.functions import INTERFACES, Call, Function, signature
from agentalign_env.services.crypto.ledger import (
    canonical,
    default_wallet,
    draft,
    gas_fee,
    native,
    new_hash,
    pay_fee,
    record,
    require,
    wallet_with,
)
from agentalign_env.services.crypto.networks import NETWORKS, EvmNetwork, Network, Speed, family_of
from agentalign_env.services.crypto.records import (
    ADDRESSES,
    CONTRACT_ENTRIES,
    CONTRACTS,
    HOLDINGS,
    SAVED_ADDRESSES,
    TOKENS,
    TRANSACTIONS,
    WALLETS,
    Bytecode,
    Contract,
    ContractAddress,
    ContractArgument,
    FunctionName,
    SolanaAddress,
)
from agentalign_env.services.crypto.results import CallResult, ContractPage, ContractView, Deployment
from agentalign_env.services.crypto.views import bytecode_hash, status_of

__all__ = ["contract_view", "deploy_contract", "interact_contract", "interact_solana", "search_contracts"]

_CALL_WORK, _CREATE_WORK, _BYTE_WORK = 80_000, 53_000, 200
_SIGNATURE_WORK = 5_000  # lamports
_SOLANA_DECIMALS = 9

Arguments = Annotated[list[ContractArgument], Field(max_length=20)]
Whole = Annotated[str, Field(pattern=r"^[0-9]{1,18}$", examples=["5000000"])]


@operation(
    "Cryptography.deploy_contract",
    reads=(HOLDINGS, TOKENS, WALLETS),
    writes=(CONTRACTS, HOLDINGS, TRANSACTIONS),
    identifies="contract_address",
)
def deploy_contract(
    world: World,
    *,
    bytecode: Bytecode,
    network: EvmNetwork,
    constructor_args: Arguments | None = None,
    gas_limit: Whole | None = None,
) -> Deployment:
    """Puts a contract on a network, paid for by the owner's default wallet. Its code is kept, not run."""
    code = f"0x{bytecode.lower().removeprefix('0x')}"
    work = _CREATE_WORK + _BYTE_WORK * (len(code) // 2 - 1)
    if gas_limit is not None and int(gas_limit) < work:
        message = f"deploying this takes {work} gas, the limit is {gas_limit}: raise it, or leave it out"
        raise OperationError("invalid_argument", message, "gas_limit")
    coin = native(world, network)
    deployer = default_wallet(world).evm
    fee = gas_fee(network, work)
    require(world, network, deployer, {coin.symbol: fee}, "bytecode")
    contract = Contract(
        id=world.new_id(CONTRACTS, IdStyle("0x7e57", HEX, 36)),
        network=network,
        kind="deployed",
        name="",
        functions=(),
        creator=deployer,
        bytecode=code,
        constructor_args=tuple(constructor_args or ()),
        created_s=world.now_s,
    )
    world.store.put(CONTRACTS, contract)
    pay_fee(world, network, deployer, fee)
    drafted = draft(new_hash(world, network), network, "deployment", [deployer], [], coin.symbol, "0", fee)
    done = record(world, drafted._replace(contract=contract.id, arguments=contract.constructor_args))
    return {
        "contract_address": contract.id,
        "transaction_hash": done.id,
        "network": network,
        "status": status_of(world, done),
        "deployer": deployer,
        "bytecode_hash": bytecode_hash(code),
        "gas_used": str(work),
        "fee": to_text(fee, coin.decimals),
        "fee_asset": coin.symbol,
    }


@operation(
    "Cryptography.interact_contract",
    reads=(CONTRACTS, CONTRACT_ENTRIES, HOLDINGS, SAVED_ADDRESSES, TOKENS, WALLETS),
    writes=(CONTRACT_ENTRIES, HOLDINGS, TRANSACTIONS),
    identifies="contract_address",
)
def interact_contract(
    world: World,
    *,
    network: EvmNetwork,
    contract_address: ContractAddress,
    function: FunctionName,
    arguments: Arguments,
    value: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,18})?$", examples=["0.02"])] = "0",
    priority: Speed = "medium",
) -> CallResult:
    """Calls a function of a contract with the owner's default wallet; functions that only read cost nothing."""
    contract = _contract(world, network, contract_address, "contract_address")
    run = _function(contract, function)
    if len(arguments) != len(run.parameters):
        message = f"{signature(function, run)} takes {len(run.parameters)} arguments, got {len(arguments)}"
        raise OperationError("invalid_argument", message, "arguments")
    coin = native(world, network)
    units = to_units(value, coin.symbol, coin.decimals, "value") if value.strip("0.") else 0
    call = Call(world, contract, default_wallet(world).evm, tuple(arguments), units)
    fee = 0 if run.reads else gas_fee(network, _CALL_WORK, priority)
    return _called(call, function, run, fee, "value", (f"gas_priority={priority}",))


@operation(
    "Cryptography.interact_solana",
    reads=(ADDRESSES, CONTRACTS, CONTRACT_ENTRIES, HOLDINGS, SAVED_ADDRESSES, TOKENS, WALLETS),
    writes=(CONTRACT_ENTRIES, HOLDINGS, TRANSACTIONS),
    identifies="contract_address",
)
def interact_solana(
    world: World,
    *,
    program: Annotated[ContractAddress, Field(pattern=r"^[1-9A-HJ-NP-Za-km-z]{32,44}$")],
    instruction: FunctionName,
    accounts: Annotated[list[SolanaAddress], Field(max_length=20)],
    lamports: Whole = "0",
) -> CallResult:
    """Calls an instruction of a program on Solana.

    Where more accounts are given than the instruction works on, the first that is the owner's signs and pays; else the
    default wallet does.
    """
    contract = _contract(world, "solana", program, "program")
    run = _function(contract, instruction, "instruction")
    # A lone recipient may be the owner's too: an account signs only where there is one more than is worked on.
    more = accounts if len(accounts) > len(run.parameters) else ()
    own = [wallet for account in more if (wallet := wallet_with(world, "solana", account)) is not None]
    signer = own[0] if own else default_wallet(world)
    if signer.wallet_type != "hot":
        message = f"{signer.solana} is of the wallet {signer.label!r}, which does not sign here: use a hot wallet"
        raise OperationError("invalid_state", message, "accounts")
    others = tuple(account for account in accounts if account != signer.solana)
    call = Call(world, contract, signer.solana, others, int(lamports))
    return _called(call, instruction, run, gas_fee("solana", _SIGNATURE_WORK), "lamports", ())


@operation("Cryptography.search_contracts", reads=(CONTRACTS,), identifies="contracts[].contract_address")
def search_contracts(
    world: World,
    *,
    query: Annotated[str, Field(max_length=200)] = "",
    network: Network | None = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
    offset: Annotated[int, Field(ge=0, le=10_000)] = 0,
) -> ContractPage:
    """Searches contracts and programs that hold every word of the query in name, kind, network or functions."""
    among = {"network": network} if network else None
    page = world.store.search(CONTRACTS, query, limit=limit, offset=offset, among=among)
    return {"contracts": [contract_view(row) for row in page.rows], "more": page.more}


def contract_view(contract: Contract) -> ContractView:
    """A contract with the functions that can be called."""
    known = INTERFACES.get(contract.kind, {})
    return {
        "contract_address": contract.id,
        "network": contract.network,
        "kind": contract.kind,
        "name": contract.name,
        "functions": [signature(name, known[name]) for name in contract.functions],
        "creator": contract.creator,
        "bytecode_hash": bytecode_hash(contract.bytecode),
        "constructor_args": list(contract.constructor_args),
        "created_at": iso(contract.created_s),
    }


def _called(
    call: Call, name: str, function: Function, fee: int, value_field: str, options: tuple[str, ...]
) -> CallResult:
    """Runs a function: refusals first, then the fee, then what it does, then the transaction that says so."""
    world, contract, network = call.world, call.contract, call.network
    coin = native(world, network)
    if call.units and not function.payable:
        message = f"{signature(name, function)} takes no {coin.symbol}: leave the value out"
        raise OperationError("invalid_argument", message, value_field)
    try:
        if function.check is not None:
            function.check(call)
        output = function.run(call) if function.reads else ""
    except OperationError as error:
        field = {"value": value_field, "arguments": "accounts" if network == "solana" else "arguments"}
        raise OperationError(error.code, error.message, field.get(error.field or "", error.field)) from error
    if function.reads:
        return {"contract_address": contract.id, "function": name, "output": output}
    require(world, network, call.caller, {coin.symbol: call.units + fee}, value_field)
    pay_fee(world, network, call.caller, fee)
    output = function.run(call)
    text = to_text(call.units, coin.decimals)
    receivers = call.arguments if contract.kind == "transfer program" else (contract.id,)
    drafted = draft(new_hash(world, network), network, "call", [call.caller], receivers, coin.symbol, text, fee)
    drafted = drafted._replace(contract=contract.id, function=name, arguments=call.arguments, options=options)
    done = record(world, drafted)
    return {
        "contract_address": contract.id,
        "function": name,
        "output": output,
        "transaction_hash": done.id,
        "status": status_of(world, done),
        "value": text,
        "fee": to_text(fee, coin.decimals),
        "fee_asset": coin.symbol,
    }


def _contract(world: World, network: Network, address: str, field: str) -> Contract:
    wanted = canonical(address)
    contract = world.store.get(CONTRACTS, wanted)
    if contract is not None and contract.network == network:
        return contract
    title = NETWORKS[network].title
    family_of(wanted, field)
    raise OperationError(
        "not_found", f"{title} has no contract at {address}: search for contracts to find its address", field
    )


def _function(contract: Contract, name: str, field: str = "function") -> Function:
    known = INTERFACES.get(contract.kind, {})
    if name in known:
        return known[name]
    if not known:
        message = f"the contract at {contract.id} publishes no functions: search for contracts that do"
    else:
        listed = ", ".join(signature(other, function) for other, function in known.items())
        message = f"{contract.name} has no function {name!r}: it has {listed}"
    raise OperationError("not_found", message, field)
