"""What every pod must be: restricted, without a token, probed, bounded and pinned."""

import re
from collections.abc import Iterator

from deploy.k8s.manifests import Workload
from deploy.k8s.render import Document

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")

# https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
RESTRICTED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
HOST_FIELDS = ("hostNetwork", "hostPID", "hostIPC")

PINNED = re.compile(r"@sha256:[0-9a-f]{64}$|:(?!latest$)[\w][\w.-]*$")


def faults(workload: Workload) -> Iterator[str]:
    """One line for each thing that this workload's pods are not."""
    for rule in (_restricted_pod, _token, _shutdown):
        yield from (f"{workload}: {fault}" for fault in rule(workload))
    for container in workload.containers:
        where = f"{workload}, container {container['name']}"
        for check in (_restricted_container, _resources, _image):
            yield from (f"{where}: {fault}" for fault in check(container))
    for container in workload.pod["containers"]:
        where = f"{workload}, container {container['name']}"
        yield from (f"{where}: {fault}" for fault in _probes(container, workload.runs_on))


def _restricted_pod(workload: Workload) -> Iterator[str]:
    pod = workload.pod
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True:
        yield "runAsNonRoot is not true"
    if not context.get("runAsUser"):
        yield "runAsUser is root or not given"
    if context.get("seccompProfile", {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield "seccompProfile is not RuntimeDefault"
    yield from (f"{field} is set" for field in HOST_FIELDS if pod.get(field))
    for volume in pod.get("volumes", ()):
        for kind in volume.keys() - {"name"} - RESTRICTED_VOLUMES:
            yield f"volume {volume['name']} is a {kind}"


def _restricted_container(container: Document) -> Iterator[str]:
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "readOnlyRootFilesystem is not true"
    if context.get("privileged"):
        yield "it is privileged"
    capabilities = context.get("capabilities", {})
    if capabilities.get("drop") != ["ALL"]:
        yield "it does not drop ALL capabilities"
    if capabilities.get("add"):
        yield f"it adds capabilities {capabilities['add']}"
    if any(port.get("hostPort") for port in container.get("ports", ())):
        yield "it opens a port of the host"


def _token(workload: Workload) -> Iterator[str]:
    if workload.pod.get("automountServiceAccountToken") is not False:
        yield "it mounts a service account token"
    if workload.pod.get("serviceAccountName", "default") == "default":
        yield "it runs as the default service account"
    if workload.pod.get("enableServiceLinks") is not False:
        yield "addresses of Services are put into its environment (enableServiceLinks)"


def _probes(container: Document, runs_on: bool) -> Iterator[str]:
    for probe in PROBES:
        if runs_on and probe not in container:
            yield f"it has no {probe}"
        if not runs_on and probe in container:
            yield f"it has a {probe}, and is meant to end"


def _resources(container: Document) -> Iterator[str]:
    resources = container.get("resources", {})
    for kind, name in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
        if name not in resources.get(kind, {}):
            yield f"it has no {name} in its resources' {kind}"


def _image(container: Document) -> Iterator[str]:
    if not PINNED.search(container["image"].rpartition("/")[2]):
        yield f"its image {container['image']} is not pinned by a tag or a digest"


def _shutdown(workload: Workload) -> Iterator[str]:
    if workload.runs_on and "terminationGracePeriodSeconds" not in workload.pod:
        yield "it has no terminationGracePeriodSeconds"
    if workload.port("http") and not pre_stop_seconds(workload):
        yield "it serves HTTP and has no preStop sleep"


def pre_stop_seconds(workload: Workload) -> int:
    """How long its pods serve on before they are told to end."""
    lifecycle = workload.pod["containers"][0].get("lifecycle", {})
    seconds: int = lifecycle.get("preStop", {}).get("sleep", {}).get("seconds", 0)
    return seconds
