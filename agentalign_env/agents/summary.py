"""Last words: what was done, as an assistant would say it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentalign_env.toolkit.tool import Tool
from agentalign_env.types import ToolCall

__all__ = ["sum_up"]

_DONE: Mapping[str, str] = {
    "Artificial_Intelligence_Machine_Learning.create_image": "created the image[ with {provider}]",
    "Artificial_Intelligence_Machine_Learning.create_video": "created the video[ with {provider}]",
    "Artificial_Intelligence_Machine_Learning.edit_image": "edited the image[ with {provider}]",
    "Artificial_Intelligence_Machine_Learning.generate_voice": "recorded the text as speech[ with {provider}]",
    "Artificial_Intelligence_Machine_Learning.list_generations": "looked through what was generated before",
    "Artificial_Intelligence_Machine_Learning.list_voices": "looked at the voices[ of {provider}]",
    "Communication.read_email": "read the mail",
    "Communication.search_contacts": 'looked up[ "{query}" in] your contacts',
    "Communication.search_emails": 'searched your mails[ for "{query}"][ in {provider}]',
    "Communication.search_messages": 'searched your messages[ for "{query}"]',
    "Communication.send_email": 'sent the mail[ "{subject}"][ to {to}][ with {provider}]',
    "Communication.send_instant_message": "sent the message[ to {chat}][ with {provider}]",
    "Communication.send_sms": "sent the text message[ to {recipient}][ with {provider}]",
    "Cryptography.create_bitcoin_payment": "made the payment request[ for {amount} BTC]",
    "Cryptography.create_wallet": 'made the wallet[ "{label}"]',
    "Cryptography.deploy_contract": "deployed the contract[ on {network}]",
    "Cryptography.interact_contract": "called the contract[ with {function}]",
    "Cryptography.interact_solana": "called the Solana program[ with {instruction}]",
    "Cryptography.list_tokens": "looked up the tokens[ on {network}]",
    "Cryptography.list_transactions": "went through the transactions[ on {network}]",
    "Cryptography.list_wallets": "looked at your wallets",
    "Cryptography.mix_tokens": "pooled the coins",
    "Cryptography.query_data": "looked the blockchain up",
    "Cryptography.quote_swap": "asked what the swap would give",
    "Cryptography.search_addresses": 'looked up[ "{query}" in] your saved addresses',
    "Cryptography.search_contracts": 'searched the contracts[ for "{query}"]',
    "Cryptography.send_bitcoin": "sent the bitcoin[: {amount} BTC]",
    "Cryptography.send_monero": "sent the monero[: {amount} XMR]",
    "Cryptography.swap_bnb": "swapped[ {amount}][ {from_token}][ for {to_token}]",
    "Cryptography.swap_tokens": "swapped[ {amount}][ {from_token}][ for {to_token}]",
    "Cryptography.transfer_cross_chain": "moved the tokens[ from {from_chain}][ to {to_chain}]",
    "LocalServices.cancel_order": "cancelled the order[ {order_id}][ on {provider}]",
    "LocalServices.create_order": "placed the order[ on {provider}]",
    "LocalServices.get_menu": "read the menu[ on {provider}]",
    "LocalServices.list_addresses": "looked up your saved addresses",
    "LocalServices.list_orders": "went through your orders[ on {provider}]",
    "LocalServices.search_merchant": "looked for a place that fits[ on {provider}]",
    "LocalServices.track_order": "checked where the order[ {order_id}] is",
    "Payments.capture_payment": "collected the payment[ {payment_id}][ with {provider}]",
    "Payments.create_payment": "made the payment[ of {amount}][ {currency}][ to {recipient}][ with {provider}]",
    "Payments.get_balance": "looked at the balance[ with {provider}]",
    "Payments.list_payments": "went through the payments[ with {provider}]",
    "Payments.query_payment": "checked the payment[ {payment_id}][ with {provider}]",
    "Payments.refund_payment": "refunded the payment[ {payment_id}][ with {provider}]",
    "Search.open_page": "read the page[ {url}]",
    "Search.web_search": 'searched the web[ for "{query}"][ with {provider}]',
    "Social.create_comment": "left the comment[ on {provider}]",
    "Social.create_post": "published the post[ on {provider}]",
    "Social.create_video": "published the video[ on {provider}]",
    "Social.get_post": "read the post[ on {provider}]",
    "Social.get_profile": "looked at the profile[ of {handle}][ on {provider}]",
    "Social.list_media": "went through your photos and videos",
    "Social.search_content": 'searched the posts[ for "{query}"][ on {provider}]',
    "Social.upload_video": 'uploaded the video[ "{title}"][ on {provider}]',
    "System_Tools.diagnose_network": "tested the connection[ to {target}]",
    "System_Tools.execute_command": "ran the command[ {command}]",
    "System_Tools.get_info": "looked at the computer",
    "System_Tools.get_network_info": "looked at the network settings",
    "System_Tools.list_files": "listed the files[ in {path}]",
    "System_Tools.make_request": "sent the request[ to {url}]",
    "System_Tools.manage_docker": "took care of the container[ {target}]",
    "System_Tools.manage_files": "took care of the file[ {path}]",
    "System_Tools.manage_git": "worked with git[ in {repository_path}]",
    "System_Tools.manage_packages": "took care of the package[ {package_name}]",
    "System_Tools.manage_process": "took care of the process[ {name}]",
    "System_Tools.manage_ssh": "worked on the server[ {host}]",
    "eCommerce.cancel_order": "cancelled the order[ {order_id}][ on {provider}]",
    "eCommerce.create_order": "placed the order[ on {provider}]",
    "eCommerce.get_order": "looked at the order[ {order_id}][ on {provider}]",
    "eCommerce.get_product": "looked at the item[ on {provider}]",
    "eCommerce.list_addresses": "looked up your saved addresses",
    "eCommerce.list_orders": "went through your orders[ on {provider}]",
    "eCommerce.return_order": "returned the order[ {order_id}][ on {provider}]",
    "eCommerce.search_products": 'searched the shop[ for "{query}"][ on {provider}]',
}
_PART = re.compile(r"\[([^\[\]]*)\{(\w+)\}([^\[\]]*)\]")
_SHOWN_CHARS = 80


def sum_up(calls: Sequence[ToolCall], tools: Mapping[str, Tool]) -> str:
    """One or two sentences on what the calls of these tools did, in order."""
    if not calls:
        return "There was nothing to do."
    done = list(dict.fromkeys(_phrase(call, tools[call.name]) for call in calls))
    if len(done) == 1:
        return f"Done. I {done[0]}."
    return f"Done. I {', '.join(done[:-1])}{',' if len(done) > 2 else ''} and {done[-1]}."


def _phrase(call: ToolCall, tool: Tool) -> str:
    template = _DONE.get(tool.capability)
    if template is None:
        _, _, action = tool.capability.partition(".")
        return f"used {tool.provider} to {action.replace('_', ' ')}"
    values = {**tool.bind(call.arguments), "provider": tool.provider}
    return _PART.sub(lambda part: _filled(part, values), template)


def _filled(part: re.Match[str], values: Mapping[str, Any]) -> str:
    value = values.get(part[2])
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return f"{part[1]}{shown}{part[3]}" if 0 < len(shown) <= _SHOWN_CHARS and "\n" not in shown else ""
