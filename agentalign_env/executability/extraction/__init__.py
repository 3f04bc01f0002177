"""The parts of `agentalign_env.executability.mentions`: one file for each family of values."""
