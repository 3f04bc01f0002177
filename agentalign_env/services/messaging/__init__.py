"""Messaging: the owner's text messages, and chats with people and groups."""
