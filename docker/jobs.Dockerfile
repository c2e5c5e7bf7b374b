# The same first stages in every service's image: the builder makes them once.
FROM python:3.11-slim AS packages
COPY requirements-platform.lock /tmp/requirements.lock
RUN python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --require-hashes -r /tmp/requirements.lock \
 && /opt/venv/bin/python -m compileall -q /opt/venv/lib

FROM python:3.11-slim AS platform
RUN useradd --system --uid 10001 --no-create-home omnicloud \
 && mkdir -p /run/omnicloud && chown omnicloud /run/omnicloud
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY docker/probe.py probe.py
COPY shared shared
COPY services/__init__.py services/__init__.py
RUN python -m compileall -q shared

# The jobs know every service's migrations. /vault/keys belongs to the user, so that a new volume there does, too.
FROM platform
RUN mkdir -p /vault/keys && chown omnicloud /vault/keys && chmod 700 /vault/keys
COPY services services
RUN python -m compileall -q services
USER omnicloud
CMD ["python", "-m", "shared.jobs.topics"]
