"""Blind replicas: machines that keep and pass on a team's records and can read none of them."""
