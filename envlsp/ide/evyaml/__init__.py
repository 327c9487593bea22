"""`ev.yaml` in an editor: what a field means, what may stand at a place, what is wrong.

The file's shape and every description come from `schema.json`, which other YAML tools can
use as well. What counts as valid is `service.config`'s business; a test holds both to the
same verdict.
"""

from envlsp.ide.evyaml.checking import problems
from envlsp.ide.evyaml.completing import complete
from envlsp.ide.evyaml.hovering import hover

__all__ = ["complete", "hover", "problems"]
