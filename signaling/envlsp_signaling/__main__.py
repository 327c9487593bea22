"""`python -m envlsp_signaling`: the same as the command `envlsp-signaling`."""

from envlsp_signaling.server import main

main()
