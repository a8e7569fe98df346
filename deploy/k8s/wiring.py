"""What ties the documents together: selectors, references, addresses and network edges."""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from deploy.k8s.manifests import Manifests, Workload, references
from deploy.k8s.render import Document

Edge = tuple[str, str, int]
"""From these pods, to those, on that port."""

DEFAULT_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "nats": 4222}
ADDRESS = re.compile(r"(?:https?|postgresql|nats)://[^\s\"',]+")


def faults(manifests: Manifests) -> Iterator[str]:
    """One line for each thing that points at nothing, or at the wrong thing."""
    for rule in (
        _namespaces,
        _selectors,
        _service_ports,
        _references,
        _disruption,
        _addresses,
        _default_deny,
        _edges,
    ):
        yield from rule(manifests)


def _namespaces(manifests: Manifests) -> Iterator[str]:
    for namespace in manifests.of("Namespace"):
        labels = namespace["metadata"].get("labels", {})
        if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"Namespace {_name(namespace)}: it does not enforce restricted Pod Security"
    known = {_name(namespace) for namespace in manifests.of("Namespace")}
    for document in manifests.documents:
        if document["kind"] != "Namespace" and document["metadata"].get("namespace") not in known:
            yield f"{document['kind']} {_name(document)}: its namespace is not declared"


def _selectors(manifests: Manifests) -> Iterator[str]:
    for service in manifests.of("Service"):
        if not manifests.selected({"matchLabels": service["spec"].get("selector", {"": ""})}):
            yield f"Service {_name(service)}: it selects no workload"
    for budget in manifests.of("PodDisruptionBudget"):
        if len(manifests.selected(budget["spec"]["selector"])) != 1:
            yield f"PodDisruptionBudget {_name(budget)}: it does not select one workload"
    for policy in manifests.of("NetworkPolicy"):
        if not manifests.selected(policy["spec"]["podSelector"]):
            yield f"NetworkPolicy {_name(policy)}: it selects no workload"


def _service_ports(manifests: Manifests) -> Iterator[str]:
    for service in manifests.of("Service"):
        for port in service["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            for workload in manifests.selected({"matchLabels": service["spec"]["selector"]}):
                if workload.port(target) is None:
                    yield f"Service {_name(service)}: {workload} opens no port {target}"


def _references(manifests: Manifests) -> Iterator[str]:
    for workload in manifests.workloads:
        for kind, name, key in references(workload.pod):
            if kind == "Secret" and not manifests.complete:
                continue
            found = manifests.named(kind, name)
            if found is None:
                yield f"{workload}: there is no {kind} {name}"
            elif key and key not in found.get("data", {}):
                yield f"{workload}: {kind} {name} has no {key}"
        yield from _mounts(workload)


def _mounts(workload: Workload) -> Iterator[str]:
    volumes = {volume["name"] for volume in workload.pod.get("volumes", ())} | workload.claims
    for container in workload.containers:
        mounts = {mount["name"] for mount in container.get("volumeMounts", ())}
        yield from (f"{workload}: there is no volume {name}" for name in sorted(mounts - volumes))


def _disruption(manifests: Manifests) -> Iterator[str]:
    protected = {
        str(workload)
        for budget in manifests.of("PodDisruptionBudget")
        for workload in manifests.selected(budget["spec"]["selector"])
    }
    for workload in manifests.workloads:
        if workload.kind == "Deployment" and str(workload) not in protected:
            yield f"{workload}: it has no PodDisruptionBudget"


def _addresses(manifests: Manifests) -> Iterator[str]:
    """An address without a dot in its host is a Service of this namespace."""
    allowed = set(_outgoing(manifests))
    for workload in manifests.workloads:
        for variable, host, port in _called(manifests.environment(workload)):
            targets = _behind(manifests, host, port)
            if not targets:
                yield f"{workload}: {variable} names {host}:{port}, which no Service has"
            for target, number in targets:
                if (str(workload), str(target), number) not in allowed:
                    yield f"{workload}: {variable} needs an edge to {target} on port {number}"


def _called(environment: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    for variable, value in environment.items():
        for address in map(urlsplit, ADDRESS.findall(value)):
            if address.hostname and "." not in address.hostname:
                port = address.port or DEFAULT_PORTS[address.scheme]
                yield variable, address.hostname, port


def _behind(manifests: Manifests, host: str, port: int) -> list[tuple[Workload, int]]:
    service = manifests.named("Service", host)
    if service is None:
        return []
    return [
        (workload, number)
        for each in service["spec"]["ports"]
        if each["port"] == port
        for workload in manifests.selected({"matchLabels": service["spec"]["selector"]})
        if (number := workload.port(each.get("targetPort", port))) is not None
    ]


def _default_deny(manifests: Manifests) -> Iterator[str]:
    for policy in manifests.of("NetworkPolicy"):
        spec = policy["spec"]
        both = set(spec["policyTypes"]) == {"Ingress", "Egress"}
        if not spec["podSelector"] and both and not spec.get("ingress") and not spec.get("egress"):
            return
    yield "no NetworkPolicy denies everything by default"


def _edges(manifests: Manifests) -> Iterator[str]:
    """An edge between two of our pods must be allowed at both of its ends."""
    outgoing, incoming = set(_outgoing(manifests)), set(_incoming(manifests))
    for source, target, port in sorted(outgoing - incoming):
        yield f"{target}: it does not admit {source} on port {port}, which may call it"
    for source, target, port in sorted(incoming - outgoing):
        yield f"{source}: it may not call {target} on port {port}, which admits it"


def _outgoing(manifests: Manifests) -> Iterator[Edge]:
    for policy in manifests.of("NetworkPolicy"):
        for rule in policy["spec"].get("egress", ()):
            sources = manifests.selected(policy["spec"]["podSelector"])
            yield from _between(sources, _peers(manifests, rule.get("to", ())), rule)


def _incoming(manifests: Manifests) -> Iterator[Edge]:
    for policy in manifests.of("NetworkPolicy"):
        for rule in policy["spec"].get("ingress", ()):
            targets = manifests.selected(policy["spec"]["podSelector"])
            yield from _between(_peers(manifests, rule.get("from", ())), targets, rule)


def _peers(manifests: Manifests, peers: Sequence[Document]) -> list[Workload]:
    """The workloads of this namespace among the peers of a rule."""
    ours = [peer["podSelector"] for peer in peers if peer.keys() == {"podSelector"}]
    return [workload for selector in ours for workload in manifests.selected(selector)]


def _between(
    sources: Sequence[Workload], targets: Sequence[Workload], rule: Mapping[str, Sequence[Document]]
) -> Iterator[Edge]:
    for port in rule.get("ports", ()):
        for target in targets:
            if (number := target.port(port["port"])) is not None:
                yield from ((str(source), str(target), number) for source in sources)


def _name(document: Document) -> str:
    name: str = document["metadata"]["name"]
    return name
