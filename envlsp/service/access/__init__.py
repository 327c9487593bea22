"""Who may do what, and what follows: roles, removals, new keys, and the reasons told to people."""
