"""One Hypothesis profile for all tests: the same examples on every machine and in every run."""

from hypothesis import settings

settings.register_profile("agentalign", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("agentalign")
