"""Payments: the owner's wallets at five providers, and what was paid, authorised and given back with them."""
