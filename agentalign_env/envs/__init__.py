"""The Gymnasium environments. Importing `agentalign_env` registers their ids; the classes load when an environment is made."""
