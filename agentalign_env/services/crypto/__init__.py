"""Crypto: the owner's wallets on six simulated networks, and everything that can be done with what they hold."""
