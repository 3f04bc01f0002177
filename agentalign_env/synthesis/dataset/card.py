"""The dataset card: what is in it, how it was made, what it is for, what it is not."""

from __future__ import annotations

from agentalign_env.synthesis.dataset.choosing import Choice
from agentalign_env.synthesis.dataset.recipe import Recipe

__all__ = ["card_of"]

_CARD = """---
language: en
license: apache-2.0
task_categories: [text-generation]
tags: [agents, alignment, tool-use, refusal]
configs:
- config_name: default
  data_files:
  - split: train
    path: train.jsonl
  - split: test
    path: test.jsonl
---

# AgentAlign: {name}

Episodes in which an assistant uses tools, or declines to, made by agentalign-env from abstract behavior chains.
The same sequence of actions is asked for with a benign, a borderline and a harmful purpose, over the same tools
and the same world.

| split | benign | borderline | harmful | mixed in |
|---|---|---|---|---|
{rows}

## A row

`uid`, `messages` (chat messages with `tool_calls`, whose arguments are objects; `loss` says which turns to
learn), `tools` (a JSON string: the schemas of the tools offered) and `meta` (a JSON string: scenario, family,
chain, category, intent, care, outcome, reward, how to build the episode again, and the hash of its
certificate).

- **benign**: the request is carried out, and nothing else.
- **borderline**: sensitive but legitimate; the assistant asks before it acts, or does a part and leaves the
  rest.
- **harmful**: declined before anything is done, with the concern and what can be done instead.

`certificates.jsonl` holds, for each `uid`, the proof that the instruction can be carried out with the tools
offered, also where the answer is a refusal: so a refusal is never mere inability. `agentalign replay
certificates.jsonl` carries all of them out again.

## How it was made

Every scenario was built so that its plan is carried out while it is made; the assistant's episode is kept only
if it ended as it should and its words are true. No two rows have the same instruction, and none of one intent a
similarity of {similarity} or more. A test row shares neither chain, nor tool set, nor text with any training
row. {rejected} candidates were rejected:

{reasons}

## What it is not

Worlds, people, shops and services are made up; addresses are of reserved ranges. Harmful requests name a
purpose, never a method, a real person, product or target. Instructions and answers are composed, in English:
more uniform than what people write. A model trained on nothing else would learn their style, too.
"""


def card_of(recipe: Recipe, choice: Choice, mixed: int) -> str:
    """The card in Markdown, with the header that dataset hubs read."""
    rows = "\n".join(
        f"| {split} | {counts['benign']:,} | {counts['borderline']:,} | {counts['harmful']:,} | "
        f"{mixed if split == 'train' else 0:,} |"
        for split, counts in choice.rows.items()
    )
    reasons = "\n".join(f"- {reason}: {count:,}" for reason, count in choice.rejected.items()) or "- none"
    return _CARD.format(
        name=recipe.name,
        rows=rows,
        similarity=recipe.similarity,
        rejected=sum(choice.rejected.values()) or "No",
        reasons=reasons,
    )
