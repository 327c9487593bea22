"""Lets every program of a person write down the dial parameters it really uses, into `$TELL_DIALS`.

Found by Python at start where this folder is on PYTHONPATH. A test that looks for those
parameters somewhere else has to know them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

PARAMS = "envlsp.transport.params"


class _Listener(MetaPathFinder):
    """Waits for the module of the parameters to be loaded, and listens in it."""

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != PARAMS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        assert spec is not None
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            _listen(module)

        loader.exec_module = exec_module
        return spec


def _listen(module: Any) -> None:
    to_value, candidates = module.Params.to_value, module.candidates_untrusted

    def told(params: Any) -> Any:
        _tell(params.ufrag, params.password, params.fingerprint.hex(), *params.candidates)
        return to_value(params)

    def heard(value: Any) -> Any:
        lines = candidates(value)
        _tell("", "", "", *lines)
        return lines

    module.Params.to_value, module.candidates_untrusted = told, heard


def _tell(*words: str) -> None:
    with Path(os.environ["TELL_DIALS"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(words) + "\n")


if "TELL_DIALS" in os.environ:
    sys.meta_path.insert(0, _Listener())
