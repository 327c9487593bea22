"""The verb that looks for faults: doctor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from envlsp.service.doctor.examining import examine
from envlsp.service.doctor.findings import Finding, Section, is_well
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk, Json


def _doctor(desk: Desk, arguments: Arguments) -> Json:
    desk.report("looking everything over")
    return doctor_fields(examine(desk.service, desk.folder, offline=arguments.flag("offline")))


def doctor_fields(sections: Iterable[Section]) -> Json:
    """Return what a look over everything found."""
    seen = list(sections)
    checks = [_finding_fields(section.title, one) for section in seen for one in section.findings]
    return {"well": is_well(seen), "checks": checks}


def _finding_fields(section: str, finding: Finding) -> Json:
    return {
        "section": section,
        "name": finding.name,
        "status": finding.status,
        "says": finding.says,
        "fix": finding.fix,
        "facts": dict(finding.facts),
    }


VERBS: Mapping[str, Callable[[Desk, Arguments], Json]] = {"doctor": _doctor}
