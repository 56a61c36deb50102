# Two images: `archiver`, the service, and `store`, the object store of docker-compose.yml. Neither runs as root.
# Pin the base by digest where your registry tells it: --build-arg PYTHON=python@sha256:…
ARG PYTHON=python:3.11.13-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/archiver \
 && /opt/archiver/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY archiver archiver
COPY connectors connectors
COPY migrations migrations
RUN /opt/archiver/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${PYTHON} AS archiver
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin archiver \
 && install -d -m 0700 -o archiver -g archiver /var/lib/archiver
COPY --from=build /opt/archiver /opt/archiver
ENV PATH=/opt/archiver/bin:$PATH PYTHONDONTWRITEBYTECODE=1 ARCHIVER_HOME=/var/lib/archiver
USER 10001:10001
VOLUME /var/lib/archiver
ENTRYPOINT ["archiver"]
CMD ["serve"]

FROM ${PYTHON} AS store
COPY requirements-store.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements-store.lock \
 && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin store \
 && install -d -m 0700 -o store -g store /data
USER 10001:10001
VOLUME /data
ENTRYPOINT []
CMD ["weed", "version"]
