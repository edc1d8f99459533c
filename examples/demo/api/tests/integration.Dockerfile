# The API's image plus a real PostgreSQL and Redis from Debian, for tests/integration.
ARG BASE
FROM ${BASE}
USER root
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends openssl postgresql redis-server \
    && rm -rf /var/lib/apt/lists/*
COPY . /opt/demo/tests
USER 10001:10001
WORKDIR /opt/demo
ENV PYTHONPATH=/opt/demo
CMD ["python3", "-m", "unittest", "discover", "-v", "-s", "tests", "-t", "."]
