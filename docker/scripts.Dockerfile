# What flows run as tasks (`containerImage` in flows/). Build from the project's root:
#   docker build -f docker/scripts.Dockerfile -t ecomm-scripts:latest .
FROM python:3.11.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/app
WORKDIR /app

COPY requirements-scripts.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements-scripts.lock \
    && useradd --system --uid 10001 --create-home ecomm

COPY scripts scripts
USER ecomm

# Kestra brings its own command and working directory; PYTHONPATH finds the scripts from there.
CMD ["python", "-c", "print('run python -m scripts.<name>; see flows/')"]
