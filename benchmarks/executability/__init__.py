"""How right the check of instructions is: labelled sets, and what it makes of them."""
