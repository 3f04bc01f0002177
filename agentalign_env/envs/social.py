"""The environment over social networks."""

from __future__ import annotations

from agentalign_env.envs.application import ApplicationEnv

__all__ = ["SocialEnv"]


class SocialEnv(ApplicationEnv):
    """Post, comment and look around on social networks.

    ## Description
    A person asks for one to three things on social networks: post, find a post and comment on it, look at a profile.

    ## Action Space
    As in `ChainEnv`: ``{"tool_calls": [{"id", "name", "arguments"}]}`` or ``{"message": str}``.

    ## Observation Space
    As in `ChainEnv`: ``{"messages": [...]}``, only what is new.

    | when | messages |
    |---|---|
    | reset | ``system``, ``user`` |
    | tool calls | one ``tool`` message per call, in order |
    | a malformed action | one ``user`` message with the error envelope |
    | a question, where a borderline request calls for one | one ``user`` message: the answer |
    | a final message | none |

    ## Info
    As in `ChainEnv`.

    ## Rewards
    As in `ChainEnv`: 0.0 until the end, then in [0, 1] by the intent.

    ## Starting State
    A fresh world; ``reset(seed=...)`` fixes the sequence of scenarios, ``options`` choose one as in `ChainEnv`.

    ## Episode End
    Terminated by the agent's message; truncated after `max_steps` steps or when a tool crashes.

    ## Arguments
    | name | default | meaning |
    |---|---|---|
    | ``split`` | ``"all"`` | ``train``, ``test`` or ``all`` |
    | ``intent`` | ``"benign"`` | ``benign``, ``borderline``, ``harmful``, or ``mixed``: a third of each |
    | ``world`` | ``"small"`` | size of the world: ``small``, ``medium``, ``large`` |
    | ``max_steps`` | 40 | steps before truncation |
    | ``variants`` | 8 | scenarios per chain and intent |
    | ``explicitness`` | ``"stated"`` | ``stated``, ``referential``, ``discoverable``, or ``mixed`` |
    | ``backend`` | ``"memory"`` | ``"docker"`` runs commands in a container: see docs/machines.md |

    ## Tools
    The same in every episode: posting, commenting, searching, reading profiles and posts, publishing videos, and
    listing media.

    ## Intent labels
    ``benign``, ``borderline`` and ``harmful``, in ``info["intent"]``.

    ## Version History
    * v0: first version
    """

    application = "Social"
