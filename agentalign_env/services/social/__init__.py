"""Social networks: the accounts, posts, videos and comments of six platforms, in one set of tables."""
