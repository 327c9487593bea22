"""Questions to servers and to the network, for whoever looks for a fault: asked once, answered in seconds."""
