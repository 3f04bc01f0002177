"""The network: the machine's interfaces, and the hosts that a world declares."""
