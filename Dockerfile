# One image: the service, its locked dependencies, and no tool to build anything with.
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS builder
WORKDIR /build
COPY requirements/build.txt requirements/run.txt ./
# The build tools are pinned as well; pip and they stay behind.
RUN python3 -m venv /opt/neurostrata \
    && /opt/neurostrata/bin/python -m pip install --no-cache-dir --require-hashes \
        --requirement build.txt \
    && /opt/neurostrata/bin/python -m pip install --no-cache-dir --require-hashes \
        --no-build-isolation --use-pep517 --requirement run.txt \
    && /opt/neurostrata/bin/python -m pip uninstall --yes setuptools pip

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="neurostrata" \
      org.opencontainers.image.description="Biomarker-guided survival estimates in ALS" \
      org.opencontainers.image.licenses="MIT"

# Nobody can become root, and the data folder is nobody else's.
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
    && groupadd --gid 10001 neurostrata \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin neurostrata \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data

COPY --from=builder /opt/neurostrata /opt/neurostrata
WORKDIR /srv/neurostrata
COPY LICENSE ./
COPY migrations ./migrations
COPY app ./app

ENV PATH=/opt/neurostrata/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    NEUROSTRATA_HOST=0.0.0.0 \
    NEUROSTRATA_PORT=8000 \
    NEUROSTRATA_DATA_DIR=/data
# Compiled once here: the running service may not write beside its code.
RUN python -m compileall -q app migrations
USER 10001:10001
# SQLite lives here; with NEUROSTRATA_DATABASE_URL set to a PostgreSQL nothing does.
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-m", "app", "health"]
# `exec` hands the process over, so that a stop signal reaches the server itself.
CMD ["/bin/sh", "-c", "python -m app migrate && exec python -m app serve"]
