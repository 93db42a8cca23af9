# A server without Keras, npm and compilers. Before: `make build`, which makes dist/*.whl with the page.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/ferkit
COPY requirements/serve.txt /tmp/
# The lock is complete, and OpenCV in it is the one that needs no libGL.
RUN /opt/ferkit/bin/pip install --no-deps --require-hashes -r /tmp/serve.txt
COPY dist/ferkit-*.whl /tmp/
# The detector is 232 KB, checked by its SHA-256, so that the server itself needs no network.
RUN /opt/ferkit/bin/pip install --no-deps /tmp/ferkit-*.whl \
    && FERKIT_CACHE=/opt/ferkit/cache /opt/ferkit/bin/python -c \
    "from ferkit.inference.detectors import create_detector; create_detector('yunet')"

FROM python:${PYTHON}-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin ferkit \
    && install -d -o ferkit -g ferkit -m 0700 /jobs
COPY --from=build /opt/ferkit /opt/ferkit
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FERKIT_CACHE=/opt/ferkit/cache \
    FERKIT_JOBS_FOLDER=/jobs \
    TMPDIR=/jobs \
    FERKIT_HOST=0.0.0.0
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/opt/ferkit/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["/opt/ferkit/bin/ferkit", "serve"]
