# The tests and what they need; they reach the platform over the network only, unit tests apart. Network tools: drills cut
# the event bus off, from helper containers of this image.
FROM omnicloud/platform
RUN apt-get update \
 && apt-get install -y --no-install-recommends iproute2 iptables \
 && rm -rf /var/lib/apt/lists/*
COPY requirements-tests.lock /tmp/requirements.lock
RUN pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes -r /tmp/requirements.lock
COPY pyproject.toml docker-compose.yml ./
COPY shared shared
COPY services services
COPY tests tests
CMD ["python", "-m", "pytest", "tests/", "-v"]
