"""A small internet in network namespaces: two homes behind routers, and servers in public."""
