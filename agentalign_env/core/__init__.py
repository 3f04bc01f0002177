"""State: clock, ids, random streams, the store, and what a service is made of."""
