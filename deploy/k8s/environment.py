"""What the platform's processes are told, held against the settings that they read."""

import importlib
from collections.abc import Iterator, Mapping
from types import ModuleType

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from deploy.k8s.manifests import Manifests, Workload
from deploy.k8s.pods import pre_stop_seconds
from shared.settings import ProcessSettings

SPARE_SECONDS = 5


def faults(manifests: Manifests) -> Iterator[str]:
    """One line for each variable that nothing reads or accepts, and each pod killed too early."""
    for workload in manifests.workloads:
        if workload.process is None:
            continue
        settings = settings_of(workload.process)
        if settings is None:
            yield f"{workload}: {workload.process} has no settings module"
            continue
        told = manifests.environment(workload)
        for variable in sorted(told.keys() - variables(settings)):
            yield f"{workload}: {workload.process} reads no {variable}"
        try:
            process = _settled(settings, told)
        except ValidationError as error:
            # Not the error's own text: it repeats the values, secrets among them.
            for each in error.errors(include_input=False, include_context=False):
                yield f"{workload}: {'.'.join(map(str, each['loc']))}: {each['msg']}"
        except SettingsError as error:
            yield f"{workload}: {error}"
        else:
            yield from _grace(workload, process)


def settings_of(process: str) -> type[ProcessSettings] | None:
    """The settings class that the gateway or a service defines."""
    for name in (f"{process}.settings", f"services.{process}.settings"):
        try:
            return _defined_in(importlib.import_module(name))
        except ModuleNotFoundError:
            continue
    return None


def variables(settings: type[ProcessSettings]) -> set[str]:
    """The environment variables that a settings class reads."""
    prefix = settings.model_config.get("env_prefix", "")
    return {
        str(field.validation_alias or f"{prefix}{name}".upper())
        for name, field in settings.model_fields.items()
    }


def _defined_in(module: ModuleType) -> type[ProcessSettings] | None:
    classes = (each for each in vars(module).values() if isinstance(each, type))
    return next(
        (
            each
            for each in classes
            if issubclass(each, ProcessSettings) and each.__module__ == module.__name__
        ),
        None,
    )


def _settled(settings: type[ProcessSettings], told: Mapping[str, str]) -> ProcessSettings:
    """The settings as the process would read them from this environment."""
    source = EnvSettingsSource(settings)
    source.env_vars = {name.lower(): value for name, value in told.items()}
    return settings(**source())


def _grace(workload: Workload, process: ProcessSettings) -> Iterator[str]:
    if not workload.runs_on:
        return
    seconds = pre_stop_seconds(workload) + process.drain_seconds + process.stop_seconds
    grace = workload.pod.get("terminationGracePeriodSeconds", 30)
    if grace < seconds + SPARE_SECONDS:
        yield f"{workload}: it may take {seconds:g} s to stop and is killed after {grace} s"
