# One image for every part of Caselog; the command says which: collector, etl schedule, dashboards, clients list, ...
# It holds no secrets. Settings are CASELOG_* variables, the store's are AWS_* (see README.md and minio-compose.yml).

ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock pyproject.toml ./
COPY .ci/runtime_requirements.py .ci/
RUN python -m venv /opt/caselog \
 && python .ci/runtime_requirements.py > /tmp/runtime.lock \
 && /opt/caselog/bin/pip install --require-hashes -r /tmp/runtime.lock
RUN python .ci/runtime_requirements.py hatchling > /tmp/build.lock \
 && pip install --require-hashes -r /tmp/build.lock
COPY . .
RUN (cd sdk && python -m hatchling build --target wheel --directory /wheels) \
 && python -m hatchling build --target wheel --directory /wheels \
 && /opt/caselog/bin/pip install --no-deps --no-index /wheels/*.whl

FROM ${PYTHON}
COPY --from=build /opt/caselog /opt/caselog
# /data is where a lake on a folder belongs: --volume caselog:/data and CASELOG_LAKE_URL=file:///data/lake
RUN useradd --system --uid 10001 --user-group --home-dir /tmp --shell /usr/sbin/nologin caselog \
 && install --directory --owner caselog --group caselog /data /var/cache/caselog
ENV PATH=/opt/caselog/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CASELOG_LAKE_URL=file:///data/lake
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000 8080
VOLUME ["/data"]
# healthy where the collector or the dashboards answer on their usual port; another part brings a check of its own
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD python -c "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)" \
     || python -c "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"
ENTRYPOINT ["caselog"]
CMD ["--help"]
