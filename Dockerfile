# One image for consumers, Airflow's parts and one-shot commands. Runs as user 50000, never as root.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /opt/venv \
    && awk '/^[a-z]/ { keep = /^uv==/ } keep' requirements.lock > /tmp/uv.lock \
    && pip install --no-cache-dir --no-deps --require-hashes -r /tmp/uv.lock \
    && VIRTUAL_ENV=/opt/venv uv pip sync --no-cache --require-hashes --compile-bytecode requirements.lock \
    # tools of development stay out of the image
    && VIRTUAL_ENV=/opt/venv uv pip uninstall mypy ruff playwright hypothesis pandas-stubs pytest uv

FROM python:3.11-slim-bookworm
RUN groupadd --gid 50000 aftercare \
    && useradd --uid 50000 --gid 50000 --home-dir /var/lib/aftercare --no-create-home aftercare \
    && install -d -o aftercare -g aftercare /var/lib/aftercare /var/lib/airflow
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY aftercare ./aftercare
COPY consumers ./consumers
COPY dags ./dags
COPY rules ./rules
COPY templates ./templates
COPY expectations ./expectations
COPY policy.yml ./
COPY scripts/airflow-init ./scripts/airflow-init
RUN printf '#!/bin/sh\nexec python -m aftercare "$@"\n' > /usr/local/bin/aftercare \
    && chmod 0755 /usr/local/bin/aftercare
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app:/app/dags/config \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AIRFLOW_HOME=/var/lib/airflow \
    AFTERCARE_HOME=/var/lib/aftercare
USER aftercare
CMD ["aftercare", "--help"]
