"""Ways to reach a peer, and the signaling server that introduces them."""
