# One image per process root, from one file:
#   docker build --build-arg SERVICE=commitments --tag see-platform/commitments:0.1.0 .
# SERVICE is gateway, assessment, commitments, strategy or reporting; the argument of the container
# is serve, work or migrate.
ARG SERVICE

FROM python:3.11.14-slim-bookworm AS dependencies
ARG SERVICE
COPY --from=astral/uv:0.13.8 /uv /usr/local/bin/uv
WORKDIR /build
COPY pyproject.toml requirements.lock ./
RUN uv venv /opt/venv
# Only what this group needs, in the lock's versions, and nothing that the lock has no hash for.
RUN uv pip install --python /opt/venv --group ${SERVICE} --constraint requirements.lock \
    --require-hashes --no-build --no-cache --compile-bytecode

FROM python:3.11.14-slim-bookworm AS platform
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /app
COPY --from=dependencies /opt/venv /opt/venv
COPY shared/ shared/

# What an image does not hold it cannot import: shared and one root, nothing of the others.
FROM platform AS gateway
COPY gateway/ gateway/
ENTRYPOINT ["python", "-m", "gateway"]

FROM platform AS assessment
COPY services/assessment/ services/assessment/
ENTRYPOINT ["python", "-m", "services.assessment"]

FROM platform AS commitments
COPY services/commitments/ services/commitments/
ENTRYPOINT ["python", "-m", "services.commitments"]

FROM platform AS strategy
COPY services/strategy/ services/strategy/
ENTRYPOINT ["python", "-m", "services.strategy"]

FROM platform AS reporting
COPY services/reporting/ services/reporting/
ENTRYPOINT ["python", "-m", "services.reporting"]

FROM ${SERVICE}
# The file system is read-only at run time. Unchecked: no source is looked at again.
RUN ["python", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "."]
USER 10001:10001
