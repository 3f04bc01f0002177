from agentalign_env.envs.registration import register_envs

register_envs()
