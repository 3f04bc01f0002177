"""Writers: whatever puts a text of an episode into other words, and the check that nothing else changed."""

from __future__ import annotations

from agentalign_env.synthesis.writers.acceptance import accepted, rejection
from agentalign_env.synthesis.writers.brief import (
    KINDS,
    TemplateWriter,
    Writer,
    WritingBrief,
    WritingKind,
)
from agentalign_env.synthesis.writers.cache import TextCache
from agentalign_env.synthesis.writers.chat import ChatSettings, ChatWriter
from agentalign_env.synthesis.writers.prompts import Prompt, load_prompts
from agentalign_env.synthesis.writers.rewriting import Draft, Rewritten, instruction_draft, rewrite

__all__ = [
    "KINDS",
    "ChatSettings",
    "ChatWriter",
    "Draft",
    "Prompt",
    "Rewritten",
    "TemplateWriter",
    "TextCache",
    "Writer",
    "WritingBrief",
    "WritingKind",
    "accepted",
    "instruction_draft",
    "load_prompts",
    "rejection",
    "rewrite",
]
