"""What names say by themselves: which come from outside, which go public, which are secrets."""

from __future__ import annotations

import re

PUBLIC_PREFIXES = (
    *("VITE_", "NEXT_PUBLIC_", "REACT_APP_", "NUXT_PUBLIC_", "GATSBY_", "EXPO_PUBLIC_", "VUE_APP_"),
    *("PUBLIC_", "NX_PUBLIC_", "STORYBOOK_"),
)
"""Build tools copy these variables into what every visitor downloads."""

_SECRET = re.compile(
    r"(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PRIVATE|CREDENTIALS?|KEY|APIKEY)(?:_|$)"
)
_HARMLESS = re.compile(r"(?:^|_)(?:PUBLIC|PUBLISHABLE|ANON|SITE|SITEKEY|CLIENT|MEASUREMENT)(?:_|$)")
"""Keys that are made to be seen: Stripe's publishable, reCAPTCHA's site key."""

_GIVEN = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "USERNAME", "SHELL", "PWD", "OLDPWD", "LANG", "LANGUAGE", "TZ"),
        *("TMPDIR", "TMP", "TEMP", "TERM", "COLORTERM", "EDITOR", "VISUAL", "PAGER", "HOSTNAME", "DISPLAY"),
        *("SHLVL", "CI", "NODE_ENV", "PORT", "DEBUG", "NO_COLOR", "FORCE_COLOR", "VIRTUAL_ENV", "COLUMNS"),
        *("APPDATA", "LOCALAPPDATA", "PROGRAMFILES", "SYSTEMROOT", "USERPROFILE", "COMSPEC", "PATHEXT"),
        *("SSH_AUTH_SOCK", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "LINES", "OS", "JEST_WORKER_ID"),
        *("MODE", "DEV", "PROD", "SSR", "BASE_URL", "NEXT_RUNTIME", "NEXT_PHASE", "VITEST"),
    )
)
"""Systems, shells and build tools; the last row has what `import.meta.env` brings along."""
_GIVEN_PREFIXES = (
    *("LC_", "GITHUB_", "GITLAB_", "CI_", "RUNNER_", "PYTHON", "PYTEST_", "NODE_", "npm_", "XDG_"),
    *("ENVLSP_", "VERCEL_", "NETLIFY_", "KUBERNETES_", "CONDA_"),
)


def is_given(name: str) -> bool:
    """Return whether a system, a build tool or a host sets this name, so that no file needs to."""
    return name in _GIVEN or name.startswith(_GIVEN_PREFIXES)


def is_public_secret(name: str) -> bool:
    """Return whether a name says that it is a secret, and everybody gets it."""
    if not name.startswith(PUBLIC_PREFIXES):
        return False
    rest = name[len(public_prefix(name)) :].upper()
    return _SECRET.search(rest) is not None and _HARMLESS.search(rest) is None


def public_prefix(name: str) -> str:
    """Return the prefix by which a name goes public; empty where it does not."""
    return next((prefix for prefix in PUBLIC_PREFIXES if name.startswith(prefix)), "")
