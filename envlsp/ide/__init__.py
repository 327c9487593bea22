"""Language features in editor terms: what to show where. Knows neither LSP nor a team's store.

Every feature is a function of a `Snapshot` and a place in it. No value of a secret is in
any result but that of `reveal`; what is shown instead is a mask and, where two values are
compared, four hex digits of a keyed fingerprint that the service computed.
"""
