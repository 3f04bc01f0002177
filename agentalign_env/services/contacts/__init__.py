"""Contacts: the owner's address book."""
