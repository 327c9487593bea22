"""Where `envlsp` and `ev` start.

Start-up is a budget (docs/adr/0002-lazy-imports.md), so this file imports only `sys`
and answers by itself what needs nothing else. Every other word goes to `cli.main`.
"""

import sys


def main() -> int:
    """Run one command line and return its exit code."""
    words = sys.argv[1:]
    if words == ["--version"]:
        from envlsp import __version__

        sys.stdout.write(f"envlsp {__version__}\n")
        return 0
    from envlsp.cli.main import run

    return run(words)


if __name__ == "__main__":
    sys.exit(main())
