"""`python -m envlsp_signaling`: the same as the command `envlsp-signaling`."""

from envlsp_signaling.command import main

raise SystemExit(main())
