"""The rules of deploy/k8s: a sound installation passes, and each fault of another is named."""

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.k8s.check import faults, installations, rules, schemas
from deploy.k8s.manifests import Manifests
from deploy.k8s.render import Document, RenderingFailed, render

K8S = Path(__file__).parents[2] / "deploy" / "k8s"

SOUND = """
apiVersion: v1
kind: Namespace
metadata:
  name: see-platform
  labels: {pod-security.kubernetes.io/enforce: restricted}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: strategy-runtime, namespace: see-platform}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: strategy-settings, namespace: see-platform}
data:
  STRATEGY_PORT: "8080"
  STRATEGY_STOP_SECONDS: "20"
---
apiVersion: v1
kind: Secret
metadata: {name: strategy-database, namespace: see-platform}
data:
  STRATEGY_DATABASE_URL: cG9zdGdyZXNxbDovL2FwcDpoaWRkZW5AcG9zdGdyZXNxbC9zZWVfc3RyYXRlZ3k=
---
apiVersion: v1
kind: Service
metadata: {name: strategy-http, namespace: see-platform}
spec:
  selector: {app.kubernetes.io/name: strategy}
  ports: [{name: http, port: 8080, targetPort: http}]
---
apiVersion: v1
kind: Service
metadata: {name: postgresql, namespace: see-platform}
spec:
  selector: {app.kubernetes.io/name: postgresql}
  ports: [{name: postgresql, port: 5432}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: strategy-http, namespace: see-platform}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app.kubernetes.io/name: strategy}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: see-platform}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: to-postgresql, namespace: see-platform}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: strategy}}
  policyTypes: [Egress]
  egress:
    - to: [{podSelector: {matchLabels: {app.kubernetes.io/name: postgresql}}}]
      ports: [{protocol: TCP, port: 5432}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: from-services, namespace: see-platform}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: postgresql}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app.kubernetes.io/name: strategy}}}]
      ports: [{protocol: TCP, port: postgresql}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: strategy-http, namespace: see-platform}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: strategy}}
  template:
    metadata: {labels: {app.kubernetes.io/name: strategy}}
    spec: &pod
      serviceAccountName: strategy-runtime
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 45
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        seccompProfile: {type: RuntimeDefault}
      containers:
        - &container
          name: app
          image: see-platform/strategy:0.1.0
          args: [serve]
          envFrom:
            - configMapRef: {name: strategy-settings}
            - secretRef: {name: strategy-database}
          ports: [{name: http, containerPort: 8080}]
          lifecycle: {preStop: {sleep: {seconds: 5}}}
          startupProbe: {httpGet: {path: /healthz, port: http}}
          readinessProbe: {httpGet: {path: /readyz, port: http}}
          livenessProbe: {httpGet: {path: /healthz, port: http}}
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {memory: 256Mi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: postgresql, namespace: see-platform}
spec:
  serviceName: postgresql
  selector: {matchLabels: {app.kubernetes.io/name: postgresql}}
  template:
    metadata: {labels: {app.kubernetes.io/name: postgresql}}
"""

Change = Callable[[dict[str, Any]], object]


def sound() -> dict[str, Document]:
    """A small installation without a fault, by kind and name."""
    documents = [document for document in yaml.safe_load_all(SOUND) if document]
    by_name = {f"{each['kind']} {each['metadata']['name']}": each for each in documents}
    pod = copy.deepcopy(by_name["Deployment strategy-http"]["spec"]["template"]["spec"])
    container = pod["containers"][0]
    container |= {
        "image": "postgres:18.4",
        "ports": [{"name": "postgresql", "containerPort": 5432}],
    }
    for field in ("args", "envFrom", "lifecycle"):
        del container[field]
    by_name["StatefulSet postgresql"]["spec"]["template"]["spec"] = pod
    return by_name


def pod(documents: dict[str, Document]) -> Document:
    spec: Document = documents["Deployment strategy-http"]["spec"]["template"]["spec"]
    return spec


def container(documents: dict[str, Document]) -> Document:
    app: Document = pod(documents)["containers"][0]
    return app


def installation(documents: dict[str, Document], *, complete: bool = True) -> Manifests:
    return Manifests(list(documents.values()), complete=complete)


def test_a_sound_installation_has_no_fault() -> None:
    assert list(faults(installation(sound()))) == []


BROKEN: dict[str, tuple[Change, str]] = {
    "root": (lambda d: pod(d)["securityContext"].update(runAsUser=0), "runAsUser is root"),
    "perhaps root": (
        lambda d: pod(d)["securityContext"].pop("runAsNonRoot"),
        "runAsNonRoot is not true",
    ),
    "no seccomp": (
        lambda d: pod(d)["securityContext"].pop("seccompProfile"),
        "seccompProfile is not RuntimeDefault",
    ),
    "the host's network": (lambda d: pod(d).update(hostNetwork=True), "hostNetwork is set"),
    "the host's files": (
        lambda d: pod(d)["volumes"].append({"name": "host", "hostPath": {"path": "/"}}),
        "volume host is a hostPath",
    ),
    "escalation": (
        lambda d: container(d)["securityContext"].pop("allowPrivilegeEscalation"),
        "allowPrivilegeEscalation is not false",
    ),
    "a writable root": (
        lambda d: container(d)["securityContext"].update(readOnlyRootFilesystem=False),
        "readOnlyRootFilesystem is not true",
    ),
    "privileges": (
        lambda d: container(d)["securityContext"].update(privileged=True),
        "it is privileged",
    ),
    "capabilities kept": (
        lambda d: container(d)["securityContext"].pop("capabilities"),
        "does not drop ALL capabilities",
    ),
    "capabilities added": (
        lambda d: container(d)["securityContext"]["capabilities"].update(add=["NET_RAW"]),
        "it adds capabilities",
    ),
    "an init container that is not restricted": (
        lambda d: pod(d).update(initContainers=[{"name": "init", "image": "busybox:1.37"}]),
        "container init: readOnlyRootFilesystem is not true",
    ),
    "a token": (
        lambda d: pod(d).pop("automountServiceAccountToken"),
        "mounts a service account token",
    ),
    "the default account": (
        lambda d: pod(d).pop("serviceAccountName"),
        "runs as the default service account",
    ),
    "service links": (lambda d: pod(d).pop("enableServiceLinks"), "enableServiceLinks"),
    "no probe": (lambda d: container(d).pop("readinessProbe"), "it has no readinessProbe"),
    "no memory limit": (
        lambda d: container(d)["resources"].pop("limits"),
        "no memory in its resources' limits",
    ),
    "the latest image": (
        lambda d: container(d).update(image="see-platform/strategy:latest"),
        "is not pinned",
    ),
    "an image without a tag": (
        lambda d: container(d).update(image="registry:5000/see-platform/strategy"),
        "is not pinned",
    ),
    "no preStop": (lambda d: container(d).pop("lifecycle"), "has no preStop sleep"),
    "too little grace": (
        lambda d: pod(d).update(terminationGracePeriodSeconds=25),
        "may take 25 s to stop and is killed after 25 s",
    ),
    "a permissive namespace": (
        lambda d: d["Namespace see-platform"]["metadata"].pop("labels"),
        "does not enforce restricted",
    ),
    "another namespace": (
        lambda d: d["Service postgresql"]["metadata"].update(namespace="default"),
        "its namespace is not declared",
    ),
    "a Service of nothing": (
        lambda d: d["Service strategy-http"]["spec"]["selector"].update(tier="web"),
        "Service strategy-http: it selects no workload",
    ),
    "a Service of a port that nobody opens": (
        lambda d: d["Service strategy-http"]["spec"]["ports"][0].update(targetPort="web"),
        "Deployment strategy-http opens no port web",
    ),
    "a policy of nothing": (
        lambda d: d["NetworkPolicy to-postgresql"]["spec"]["podSelector"].update(
            matchLabels={"app.kubernetes.io/name": "stratgy"}
        ),
        "NetworkPolicy to-postgresql: it selects no workload",
    ),
    "no disruption budget": (
        lambda d: d.pop("PodDisruptionBudget strategy-http"),
        "it has no PodDisruptionBudget",
    ),
    "a missing ConfigMap": (
        lambda d: d.pop("ConfigMap strategy-settings"),
        "there is no ConfigMap strategy-settings",
    ),
    "a missing Secret": (
        lambda d: d.pop("Secret strategy-database"),
        "there is no Secret strategy-database",
    ),
    "a missing key": (
        lambda d: container(d).update(
            env=[
                {
                    "name": "STRATEGY_NATS_URL",
                    "valueFrom": {"secretKeyRef": {"name": "strategy-database", "key": "bus"}},
                }
            ]
        ),
        "Secret strategy-database has no bus",
    ),
    "a missing volume": (lambda d: pod(d).pop("volumes"), "there is no volume tmp"),
    "a setting that nobody reads": (
        lambda d: d["ConfigMap strategy-settings"]["data"].update(STRATEGY_PROT="80"),
        "strategy reads no STRATEGY_PROT",
    ),
    "a setting that is refused": (
        lambda d: d["ConfigMap strategy-settings"]["data"].update(STRATEGY_STOP_SECONDS="soon"),
        "stop_seconds: Input should be a valid integer",
    ),
    "an address that is no Service": (
        lambda d: d.pop("Service postgresql"),
        "STRATEGY_DATABASE_URL names postgresql:5432, which no Service has",
    ),
    "an address without an edge": (
        lambda d: d.pop("NetworkPolicy to-postgresql"),
        "STRATEGY_DATABASE_URL needs an edge to StatefulSet postgresql on port 5432",
    ),
    "an edge with one end": (
        lambda d: d.pop("NetworkPolicy from-services"),
        "StatefulSet postgresql: it does not admit Deployment strategy-http on port 5432",
    ),
    "open doors": (
        lambda d: d.pop("NetworkPolicy default-deny"),
        "no NetworkPolicy denies everything by default",
    ),
}


@pytest.mark.parametrize(("change", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_fault_is_named(change: Change, expected: str) -> None:
    documents = sound()
    change(documents)

    assert [fault for fault in rules(installation(documents)) if expected in fault]


def test_what_kubernetes_would_refuse_is_named() -> None:
    documents = sound()
    pod(documents)["automount"] = True
    documents["Service postgresql"]["kind"] = "Servise"

    kind, field = schemas(installation(documents))

    assert "Couldn't find schema for kind Servise" in kind
    assert field.startswith("Deployment strategy-http: spec.template.spec: ")
    assert "'automount'" in field


def test_a_job_is_not_probed() -> None:
    documents = sound()
    deployment = documents["Deployment strategy-http"]
    job = {"template": copy.deepcopy(deployment["spec"]["template"])}
    job["template"]["metadata"]["labels"] = {"app.kubernetes.io/name": "migrate"}
    job["template"]["spec"]["restartPolicy"] = "Never"
    documents["Job migrate"] = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate", "namespace": "see-platform"},
        "spec": job,
    }

    found = list(rules(installation(documents)))

    assert "Job migrate, container app: it has a startupProbe, and is meant to end" in found


def test_every_fault_is_listed_and_no_secret_with_it() -> None:
    documents = sound()
    container(documents)["image"] = "see-platform/strategy:latest"
    pod(documents)["securityContext"]["runAsUser"] = 0
    documents["Secret strategy-database"]["data"]["STRATEGY_DATABASE"] = "aGlkZGVu"

    found = list(rules(installation(documents)))

    assert len(found) == 3
    assert "hidden" not in "".join(found)


def test_a_base_leaves_its_secrets_to_the_overlays() -> None:
    documents = sound()
    del documents["Secret strategy-database"]

    assert list(rules(installation(documents, complete=False))) == []


async def test_a_machine_that_cannot_render_is_told_how_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pykustomize", None)

    with pytest.raises(RenderingFailed, match=r"kustomize\.lock\n.*kubectl"):
        await render(K8S / "base")


def test_the_base_and_every_overlay_are_checked() -> None:
    assert [path.relative_to(K8S).as_posix() for path in installations()] == [
        "base",
        *sorted(f"overlays/{path.parent.name}" for path in K8S.glob("overlays/*/kustomization.*")),
    ]
