"""One change that makes an instruction impossible to carry out: a file for each family of causes."""
