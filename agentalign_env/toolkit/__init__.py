"""Tools: provider-flavoured faces of the services' operations, made from data."""
