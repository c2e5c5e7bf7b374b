# The tests and what they need; they reach the platform over the network only, unit tests apart.
FROM python:3.11-slim AS packages
COPY requirements-platform.lock /tmp/requirements.lock
RUN python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --require-hashes -r /tmp/requirements.lock \
 && /opt/venv/bin/python -m compileall -q /opt/venv/lib

# Network tools: drills cut the event bus off, from helper containers of this image.
FROM python:3.11-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends iproute2 iptables \
 && rm -rf /var/lib/apt/lists/*
COPY --from=packages /opt/venv /opt/venv
COPY requirements-tests.lock /tmp/requirements.lock
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes -r /tmp/requirements.lock
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
COPY pyproject.toml docker-compose.yml ./
COPY shared shared
COPY services services
COPY tests tests
CMD ["python", "-m", "pytest", "tests/", "-v"]
