"""One installation as rendered: its workloads, and what in it names or selects what."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from deploy.k8s.render import Document

SERVICES = Path(__file__).parents[2] / "services"

WORKLOAD_KINDS = ("Deployment", "StatefulSet", "Job")


@dataclass(frozen=True)
class Workload:
    """A Deployment, StatefulSet or Job, seen as the pods it makes."""

    kind: str
    name: str
    labels: Mapping[str, str]
    pod: Document
    claims: frozenset[str]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def runs_on(self) -> bool:
        """Whether its containers are meant never to end."""
        return self.kind != "Job"

    @property
    def containers(self) -> list[Document]:
        return [*self.pod["containers"], *self.pod.get("initContainers", ())]

    @property
    def process(self) -> str | None:
        """`gateway` or the service that it runs; none for what is not the platform's."""
        name = self.labels.get("app.kubernetes.io/name", "")
        ours = name == "gateway" or name in {folder.name for folder in SERVICES.iterdir()}
        return name if ours else None

    def port(self, port: int | str) -> int | None:
        """A port's number, by number or name; none when no container opens it."""
        for container in self.pod["containers"]:
            for each in container.get("ports", ()):
                if port in (each["containerPort"], each.get("name")):
                    number: int = each["containerPort"]
                    return number
        return None


@dataclass(frozen=True)
class Manifests:
    """The documents of a base or an overlay; a base leaves its Secrets to the overlays."""

    documents: list[Document]
    complete: bool = True

    def of(self, kind: str) -> list[Document]:
        return [document for document in self.documents if document["kind"] == kind]

    def named(self, kind: str, name: str) -> Document | None:
        return next((each for each in self.of(kind) if each["metadata"]["name"] == name), None)

    @cached_property
    def workloads(self) -> list[Workload]:
        return [_workload(each) for kind in WORKLOAD_KINDS for each in self.of(kind)]

    def selected(self, selector: Mapping[str, Any]) -> list[Workload]:
        """The workloads whose pods a label selector matches."""
        return [each for each in self.workloads if matches(selector, each.labels)]

    def environment(self, workload: Workload) -> dict[str, str]:
        """What its containers are told, by variable; without what these documents do not hold."""
        told: dict[str, str] = {}
        for container in workload.containers:
            for source in container.get("envFrom", ()):
                told |= self._values(source)
            told |= {each["name"]: each.get("value", "") for each in container.get("env", ())}
        return told

    def _values(self, source: Document) -> dict[str, str]:
        if "configMapRef" in source:
            config_map = self.named("ConfigMap", source["configMapRef"]["name"]) or {}
            return dict(config_map.get("data", {}))
        secret = self.named("Secret", source["secretRef"]["name"]) or {}
        return {key: b64decode(value).decode() for key, value in secret.get("data", {}).items()}


def _workload(document: Document) -> Workload:
    template = document["spec"]["template"]
    claims = document["spec"].get("volumeClaimTemplates", ())
    return Workload(
        document["kind"],
        document["metadata"]["name"],
        template["metadata"].get("labels", {}),
        template["spec"],
        frozenset(claim["metadata"]["name"] for claim in claims),
    )


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector matches; the empty one matches everything."""
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions", ())
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    within = value in expression.get("values", ())
    return {
        "In": within,
        "NotIn": not within,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[expression["operator"]]


def references(pod: Document) -> Iterator[tuple[str, str, str | None]]:
    """Every object that a pod needs in order to start: its kind, its name and the key, if one."""
    yield "ServiceAccount", pod.get("serviceAccountName", "default"), None
    for container in [*pod["containers"], *pod.get("initContainers", ())]:
        for source in container.get("envFrom", ()):
            yield from _named(source, "configMapRef", "secretRef", None)
        for variable in container.get("env", ()):
            source = variable.get("valueFrom", {})
            yield from _named(source, "configMapKeyRef", "secretKeyRef", "key")
    for volume in pod.get("volumes", ()):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"], None
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"], None
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"], None


def _named(
    source: Document, config_map: str, secret: str, key: str | None
) -> Iterator[tuple[str, str, str | None]]:
    for field, kind in ((config_map, "ConfigMap"), (secret, "Secret")):
        if field in source:
            yield kind, source[field]["name"], source[field][key] if key else None
