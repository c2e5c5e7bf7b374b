# The jobs know every service's migrations. /vault/keys belongs to the user, so that a new volume there does, too.
FROM omnicloud/platform
COPY shared shared
RUN python -m compileall -q shared
COPY services services
RUN python -m compileall -q services \
 && mkdir -p /vault/keys && chown omnicloud /vault/keys && chmod 700 /vault/keys
USER omnicloud
CMD ["python", "-m", "shared.jobs.topics"]
