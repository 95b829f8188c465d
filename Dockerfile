# bgdb on Debian 12, built by the same ./run that people use.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends bash ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN ./run setup && ./run build release

FROM debian:12-slim
# What the binary loads, and what it starts: pg_dump for clone, git for lint, servers and a pooler for `bgdb demo`.
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-common \
 && sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf \
 && apt-get install -y --no-install-recommends postgresql-15 postgresql-client-15 pgbouncer git libpq5 libfmt9 libspdlog1.10 \
      libyaml-cpp0.7 libssl3 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/release/bgdb /usr/local/bin/bgdb
WORKDIR /project
ENTRYPOINT ["bgdb"]
