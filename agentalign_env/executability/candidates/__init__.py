"""What is to be checked: candidates, read from files of many forms."""

from __future__ import annotations

from agentalign_env.executability.candidates.candidate import BadLine, Candidate
from agentalign_env.executability.candidates.reading import FORMATS, parse_candidates, read_candidates

__all__ = ["FORMATS", "BadLine", "Candidate", "parse_candidates", "read_candidates"]
