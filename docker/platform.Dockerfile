# What the images of all services and jobs begin with: Python, the pinned packages, an unprivileged user. The platform's
# own code is laid over it, so this is made again only when the packages change.
FROM python:3.11-slim AS packages
COPY requirements-platform.lock /tmp/requirements.lock
RUN python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --require-hashes -r /tmp/requirements.lock \
 && /opt/venv/bin/python -m compileall -q /opt/venv/lib

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home omnicloud \
 && mkdir -p /run/omnicloud && chown omnicloud /run/omnicloud
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY docker/probe.py probe.py
