"""From behavior chains to scenarios: taxonomy, chains, wording, plans, goals, builder and verification."""
