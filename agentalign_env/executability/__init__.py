"""Executability: whether an instruction can be carried out with the tools at hand, with a proof or a typed reason."""
