"""Local delivery: restaurants and shops of four providers, their menus, and orders that couriers bring."""
