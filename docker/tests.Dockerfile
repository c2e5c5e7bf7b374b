# The tests and what they need; they reach the platform over the network only, unit tests apart.
FROM python:3.11-slim
COPY requirements.lock /tmp/requirements.lock
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock
RUN useradd --system --uid 10001 --create-home omnicloud
WORKDIR /app
COPY pyproject.toml docker-compose.yml ./
COPY shared shared
COPY services services
COPY tests tests
USER omnicloud
CMD ["python", "-m", "pytest", "tests/", "-v"]
