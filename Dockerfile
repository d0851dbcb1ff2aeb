# The same script that sets up a machine sets up the image.
FROM python:3.11-slim-bookworm

WORKDIR /app
COPY run requirements.txt ./
RUN ./run setup && rm -rf /var/lib/apt/lists/*
COPY . .
RUN useradd --system --uid 10001 --no-create-home countersign \
    && install -d -o countersign var
USER countersign

ENV HOST=0.0.0.0 PYTHONUNBUFFERED=1
VOLUME /app/var
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD \
    [".venv/bin/python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["./run", "serve"]
