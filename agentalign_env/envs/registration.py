"""The ids of the environments. Kept light: it is imported with the package."""

from __future__ import annotations

from gymnasium.envs.registration import register, registry

__all__ = ["ENV_IDS", "register_envs"]

_ENTRY_POINTS = {
    "AgentAlign/Chain-v0": "agentalign_env.envs.chain:ChainEnv",
    "AgentAlign/Crypto-v0": "agentalign_env.envs.crypto:CryptoEnv",
    "AgentAlign/Delivery-v0": "agentalign_env.envs.delivery:DeliveryEnv",
    "AgentAlign/Email-v0": "agentalign_env.envs.email:EmailEnv",
    "AgentAlign/Files-v0": "agentalign_env.envs.files:FilesEnv",
    "AgentAlign/Media-v0": "agentalign_env.envs.media:MediaEnv",
    "AgentAlign/Messaging-v0": "agentalign_env.envs.messaging:MessagingEnv",
    "AgentAlign/Payments-v0": "agentalign_env.envs.payments:PaymentsEnv",
    "AgentAlign/Sandbox-v0": "agentalign_env.envs.sandbox:SandboxEnv",
    "AgentAlign/Shell-v0": "agentalign_env.envs.shell:ShellEnv",
    "AgentAlign/Shopping-v0": "agentalign_env.envs.shopping:ShoppingEnv",
    "AgentAlign/Social-v0": "agentalign_env.envs.social:SocialEnv",
    "AgentAlign/System-v0": "agentalign_env.envs.system:SystemEnv",
    "AgentAlign/Web-v0": "agentalign_env.envs.web:WebEnv",
}

ENV_IDS = tuple(_ENTRY_POINTS)
"""Every registered id, sorted."""


def register_envs() -> None:
    """Registers the ids with Gymnasium; a second call changes nothing."""
    for env_id, entry_point in _ENTRY_POINTS.items():
        if env_id not in registry:
            register(
                env_id,
                entry_point=entry_point,
                vector_entry_point=_vector_entry_point(entry_point),
                order_enforce=False,  # they ask for a reset themselves
            )


def _vector_entry_point(entry_point: str) -> str:
    name = entry_point.partition(":")[2].removesuffix("Env")
    return f"agentalign_env.envs.vector:{name}VectorEnv"
