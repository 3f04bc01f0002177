"""Mail: the owner's mailbox, with what was received, sent and drafted."""
