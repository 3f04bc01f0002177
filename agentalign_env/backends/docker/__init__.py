"""Scripts on a real machine: hardened containers behind the same protocol as the machine in memory."""
