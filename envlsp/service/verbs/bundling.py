"""Secrets for a CI machine: the verb that makes a bundle. Making keys and using bundles need a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envlsp.service.ci.exporting import export, life_seconds
from envlsp.service.ci.keys import from_key_text
from envlsp.service.facade import Opened
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.courier import Courier
from envlsp.service.verbs.desk import Desk, Json
from envlsp.service.verbs.opening import asked, courier_of, open_environment
from envlsp.service.verbs.outcomes import Handed
from envlsp.service.verbs.shapes import exported_fields

DEFAULT_LIFE = "30d"


def make_bundle(courier: Courier, here: Opened, key: str, life: str) -> Handed:
    """Seal the newest values of an environment to a CI key.

    Raises:
        BadText: no key, or no time.
        EnvlspError: as `export` does.
    """
    reader, life_s = from_key_text(key), life_seconds(life)
    courier.fetch()
    exported = export(here.team, here.context.triple, reader, life_s)
    return Handed(exported, courier.deliver())


def _export(desk: Desk, arguments: Arguments) -> Json:
    here = open_environment(desk, arguments)
    key = asked(desk, arguments, "key", "the CI's key, ci1…, as envlsp ci keygen printed it")
    life = arguments.text("for", DEFAULT_LIFE)
    return exported_fields(make_bundle(courier_of(desk, here, arguments), here, key, life))


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {"ci.export": _export}
