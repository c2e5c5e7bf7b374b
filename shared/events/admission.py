"""Policies are asked before a resource is made or changed, at the one place that every such change passes: its event.

A change, its event and its record stand or fall together, so whoever refuses the event refuses the change: nothing of
it is kept. What policies see is what audits will see, the resource as it is told of. It is what Kubernetes calls a
validating admission: it comes last, sees the object as it would be kept, and answers yes or no. As there, it binds
requests only. What the platform does by itself, and what ends a resource, is never held up by a policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.events.envelope import Event
from shared.events.resources import DELETE, kind_of
from shared.kernel.context import RequestContext, current


def admit(context: RequestContext, event: Event) -> None:
    """Ask about an event that is to be written. Raises what the context's admission raises."""
    kind = kind_of(event.stream)
    if context.admission is None or kind is None:
        return
    verb = kind.verb(event)
    if verb is None or verb == DELETE or (kind.action(verb), event.subject) in context.admitted:
        return
    facts = {**event.data, "id": event.subject, "service": kind.service}
    context.admission(kind.action(verb), kind.noun, facts, event.tenant_id)


def ask(stream: str, subject: str, verb: str, facts: Mapping[str, Any]) -> None:
    """Ask ahead of the event, where something happens before it that the transaction doesn't undo, or where a lock is
    better not held meanwhile; the event of the same verb isn't asked about again.

    `facts` is the resource as it will be. Raises what the context's admission raises.
    """
    context, kind = current(), kind_of(stream)
    if context.admission is None or kind is None:
        return
    action = kind.action(verb)
    context.admission(action, kind.noun, {**facts, "id": subject, "service": kind.service}, context.tenant_id)
    context.admitted.add((action, subject))


def ask_again(stream: str, subject: str, verb: str) -> None:
    """What was asked about ahead has changed by the time that it is locked: its event asks, as if nobody had.

    The answer was about another resource. What each of two changes is allowed, both together may not be.
    """
    kind = kind_of(stream)
    if kind is not None:
        current().admitted.discard((kind.action(verb), subject))


def ask_many(stream: str, verb: str, resources: Mapping[str, Mapping[str, Any]]) -> None:
    """Ask about what is made or changed in a body, and told of by one event for all: what is in it is bound as it is
    when it comes alone.

    `resources` are the facts of each with its `id`, by the name that the caller knows it by: a refusal tells it. Raises
    what the context's admission raises.
    """
    context, kind = current(), kind_of(stream)
    if context.admission is None or kind is None or not resources:
        return
    facts = {name: {**each, "service": kind.service} for name, each in resources.items()}
    context.admission.many(kind.action(verb), kind.noun, facts, context.tenant_id)
