# syntax=docker/dockerfile:1
# The edge: agents' requests in, providers' replies out. Stateless.
#   docker build -f deploy/docker/edge-proxy.Dockerfile -t elida/edge-proxy .
# The build stage is the same text in all three files of this folder (a test compares them), so its layers are built once.
ARG NODE_IMAGE=docker.io/library/node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
# .dockerignore is the list of what gets here.
COPY . .
# No install script of a package ever runs (.npmrc says so too); no development dependency is fetched. A private registry or
# certificate authority: --secret id=npmrc,src=FILE (it stays in no layer).
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --ignore-scripts --omit=dev --no-audit --no-fund \
    -w services/edge-proxy -w services/control-plane -w services/audit-worker -w tools/repo
RUN node tools/repo/src/build.ts

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="elida-edge-proxy" org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production ELIDA_HOST=0.0.0.0 ELIDA_DATA_DIR=/var/lib/elida
WORKDIR /app
COPY --from=build /src/dist/edge-proxy dist
# The only place that is written to. In a pod an emptyDir lies over it and the root file system is read-only.
RUN mkdir -m 0700 /var/lib/elida && chown 1000:1000 /var/lib/elida
VOLUME /var/lib/elida
USER 1000:1000
EXPOSE 8080 9091
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/main.js"]
