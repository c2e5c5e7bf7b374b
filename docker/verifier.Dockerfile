# What grades, in one container: the agent's image with the whole repository – platform, catalogue, held-out tests, grader,
# command line. Nothing in it needs a network. Never give it to an agent: every answer is in it.
FROM omnicloud/agent AS used
USER root
COPY --chown=omnicloud . /opt/omnicloud
WORKDIR /opt/omnicloud
RUN chown omnicloud .
USER omnicloud
# A first use proves the image, compiles the platform's modules, and prepares the database folder that every later fleet
# of this user copies. The records of that use go: who grades makes a key of his own.
RUN docker/episode.sh omnicloud tour \
 && omnicloud challenge /tmp/workspace \
 && python -m pytest -q tests/unit \
 && rm -rf /tmp/workspace .pytest_cache .hypothesis .omnicloud
# Nothing is installed into a verifier: pip, apt's lists and Perl, which package scripts need, go, too.
USER root
RUN rm -rf /usr/share/doc /usr/share/python-wheels /usr/lib/python3/dist-packages /usr/lib/x86_64-linux-gnu/gconv \
    /usr/lib/python3.11/lib2to3 /usr/lib/python3.11/pydoc_data /usr/lib/python3.11/ensurepip /var/cache/apt /var/lib/apt \
    /usr/bin/perl* /usr/lib/x86_64-linux-gnu/perl-base

# One layer, without what was removed above.
FROM scratch
COPY --from=used / /
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1
WORKDIR /opt/omnicloud
USER omnicloud
ENTRYPOINT ["docker/episode.sh"]
CMD ["omnicloud", "tour"]
