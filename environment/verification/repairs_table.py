"""The results of the audit as a table (Markdown): error rates, bug by bug."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from environment.bugs.audits import AuditPatch, Kind
from environment.verification.repairs import Result, Verdict

HEAD = """\
# Error rates of the tests

For each bug, `omnicloud bugs audit` plays wrong repairs, and right ones that differ from the reference: the bug's
triggers, all tests that the change can touch, and the bug's held-out tests. A wrong repair that is accepted is a false
positive, a right one that is refused a false negative. A wrong repair that only held-out tests refuse gets the score,
and the result says that it doesn't generalise.
"""


def table(audits: Sequence[AuditPatch], results: Mapping[str, Result], current: Mapping[str, bool]) -> str:
    """The whole page. `current` says for each patch by its name whether its result is of today's reference."""
    played = [(audit, results[audit.name]) for audit in audits if audit.name in results]
    lines = [HEAD, *_summary(played), "", *_by_bug(played)]
    errors = [(audit, result) for audit, result in played if result.error(audit.kind)]
    if errors:
        lines += ["", "## Errors", ""]
        lines += [f"- **{audit.name}** – {_sentence(audit, result)}" for audit, result in errors]
    missing = [audit.name for audit in audits if audit.name not in results]
    stale = [audit.name for audit, _ in played if not current[audit.name]]
    for words, names in (("not played", missing), ("played before something changed", stale)):
        if names:
            lines += ["", f"{len(names)} of {len(audits)} are {words}: {', '.join(names)}."]
    return "\n".join(lines) + "\n"


def _sentence(audit: AuditPatch, result: Result) -> str:
    refused = f" ({', '.join(f'`{test_id}`' for test_id in result.by)})" if result.by else ""
    return f"{audit.title}: {result.error(audit.kind)}{refused}. {audit.why}"


def _summary(played: Sequence[tuple[AuditPatch, Result]]) -> list[str]:
    lines = ["| repairs | played | refused by visible tests | by held-out tests only | accepted | error rate |"]
    lines.append("|---|---|---|---|---|---|")
    for kind in Kind:
        results = [result for audit, result in played if audit.kind is kind]
        counts = Counter(result.verdict for result in results)
        wrong = sum(bool(result.error(kind)) for result in results)
        rate = f"{100 * wrong / len(results):.1f}%" if results else "–"
        cells = [str(counts[verdict]) for verdict in Verdict]
        lines.append(f"| {kind} | {len(results)} | {' | '.join(cells)} | {rate} |")
    return lines


def _by_bug(played: Sequence[tuple[AuditPatch, Result]]) -> list[str]:
    lines = ["| bug | wrong: by visible tests | by held-out tests only | accepted | right: accepted | refused |"]
    lines.append("|---|---|---|---|---|---|")
    for bug_id in dict.fromkeys(audit.bug for audit, _ in played):
        counts = Counter((audit.kind, result.verdict) for audit, result in played if audit.bug == bug_id)
        wrong = [counts[Kind.WRONG, verdict] for verdict in Verdict]
        accepted = counts[Kind.RIGHT, Verdict.ACCEPTED]
        refused = counts[Kind.RIGHT, Verdict.VISIBLE] + counts[Kind.RIGHT, Verdict.HELD_OUT]
        lines.append(f"| {bug_id} | {' | '.join(map(str, [*wrong, accepted, refused]))} |")
    return lines
