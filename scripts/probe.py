"""Runs inside `.venv`: does this PostgreSQL or Redis answer, and may tests use it? Prints why not."""

import sys

import psycopg
import redis

MAY_CREATE = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"


def postgres(url: str) -> str:
    try:
        connection = psycopg.connect(url, connect_timeout=3)
    except psycopg.OperationalError:  # the tests make their own database: any one to log in to will do
        connection = psycopg.connect(url, connect_timeout=3, dbname="postgres")
    with connection:
        row = connection.execute(MAY_CREATE).fetchone()
    return "" if row and row[0] else "its user may not create databases"


def redis_server(url: str) -> str:
    redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3).ping()
    return ""


def main(kind: str, url: str) -> str:
    try:
        return {"postgres": postgres, "redis": redis_server}[kind](url)
    except (psycopg.Error, redis.RedisError, ValueError) as error:
        return str(error).strip().splitlines()[0]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) or None)
