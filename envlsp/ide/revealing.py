"""Values, for the few answers that may carry one: what `envlsp.reveal` and the revealing hover show.

Nobody else imports this to put a value into a message; hover and problems take fingerprints
of what it returns.
"""

from __future__ import annotations

from envlsp.domain.dotenv.dialects import OverBudget
from envlsp.domain.secret import SecretText
from envlsp.errors import BadText
from envlsp.ide.envfile import EnvFile


def value_in(file: EnvFile, name: str) -> SecretText | None:
    """Return the value that a name has for a program, references resolved with the file's own values.

    None where the file does not give the name, or gives it without a value.

    Raises:
        BadText: its references are too many to be followed while an editor waits.
    """
    try:
        return file.value(name)
    except OverBudget:
        raise BadText(
            "this value cannot be shown here: its references are too many",
            fix="let its references lead through fewer names, and to shorter values",
        ) from None
