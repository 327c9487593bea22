"""The network life of this device: the node, its teams and peers, and those who ask it."""
