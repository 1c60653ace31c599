# One image, three commands (web, worker, scheduler); see docker-compose.yml.
FROM python:3.11-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/portal
COPY tools/install_system.sh tools/
RUN tools/install_system.sh run && rm -rf /var/lib/apt/lists/*

FROM base AS build
COPY . .
RUN DATA_DIR=/tmp/build python tools/prepare.py run && rm -rf .node /tmp/build

FROM base
RUN useradd --system --uid 10001 --home-dir /srv/portal portal \
    && mkdir /data && chown portal:portal /data
COPY --from=build /srv/portal /srv/portal
ENV PATH=/srv/portal/.venv/bin:$PATH \
    DJANGO_SETTINGS_MODULE=portal.settings.production \
    DATA_DIR=/data
USER portal
EXPOSE 8000
CMD ["gunicorn", "--config=deploy/gunicorn.conf.py", "portal.wsgi:application"]
