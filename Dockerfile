# Prepaid in a container: `docker build -t prepaid .` compose.yaml beside it runs it as several.
# The tag can be pinned to a digest: --build-arg PYTHON=3.13-slim-trixie@sha256:…
ARG PYTHON=3.13-slim-trixie

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
RUN python3 -m venv /opt/prepaid
WORKDIR /build
# What changes seldom stands in a layer of its own. Wheels only: there is no compiler here.
COPY requirements/runtime.txt requirements/
RUN /opt/prepaid/bin/pip install --require-hashes --only-binary :all: -r requirements/runtime.txt
COPY LICENSE pyproject.toml ./
COPY src src
# The lock file names what builds the package; neither that nor pip is needed to run it.
RUN /opt/prepaid/bin/pip install --no-deps --no-build-isolation . \
    && /opt/prepaid/bin/pip uninstall --yes --quiet editables hatchling pip

FROM python:${PYTHON}
RUN groupadd --gid 10001 prepaid \
    && useradd --uid 10001 --gid prepaid --no-create-home \
        --home-dir /var/lib/prepaid --shell /usr/sbin/nologin prepaid \
    && install --directory --owner prepaid --group prepaid --mode 0700 /var/lib/prepaid
COPY --from=build /opt/prepaid /opt/prepaid
ENV PATH=/opt/prepaid/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PREPAID_DATABASE_URL=sqlite:////var/lib/prepaid/prepaid.db \
    PREPAID_HOST=0.0.0.0 \
    PREPAID_PORT=8080
# By number, so that a cluster which refuses root can see that this is not root.
USER 10001:10001
WORKDIR /var/lib/prepaid
VOLUME /var/lib/prepaid
EXPOSE 8080
STOPSIGNAL SIGTERM
# For `serve`. A `worker` answers it if PREPAID_METRICS_PORT is this port; else switch it off.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python3", "-c", "import http.client, os, sys; there = http.client.HTTPConnection('127.0.0.1', int(os.environ['PREPAID_PORT']), timeout=4); there.request('GET', '/healthz'); sys.exit(there.getresponse().status != 200)"]
ENTRYPOINT ["prepaid"]
CMD ["serve"]
