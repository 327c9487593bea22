"""envlsp: a language server that carries a peer-to-peer, end-to-end-encrypted secrets manager."""

__version__ = "0.1.0"
