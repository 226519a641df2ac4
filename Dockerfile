# One image for every service: the command says which (`cattery gateway …`, `cattery subgraph orders …`).
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/cattery
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY gateway gateway
COPY subgraphs subgraphs
COPY messaging messaging
COPY shared shared
RUN /opt/cattery/bin/pip install --no-cache-dir -c constraints.txt '.[platform]'

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 cattery && mkdir /data && chown cattery /data
COPY --from=build /opt/cattery /opt/cattery
ENV PATH=/opt/cattery/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CATTERY_DATA_DIR=/data \
    CATTERY_LOG_FORMAT=json
USER cattery
WORKDIR /home/cattery
VOLUME /data
ENTRYPOINT ["cattery"]
CMD ["--help"]
