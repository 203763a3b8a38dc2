import pytest

from tests.unit.discovery.applications import draft_of, page_of, text_of

DOCKERFILE = """
FROM python:3.12-slim AS base
WORKDIR /app
ENV PYTHONUNBUFFERED=1 \\
    APP_MODE=full
FROM base
EXPOSE 8000
HEALTHCHECK --interval=5s CMD curl -f http://localhost:8000/healthz || exit 1
CMD ["gunicorn", "shop.wsgi", "--bind", "0.0.0.0:8000"]
"""
COMPOSE = """
x-common: &common
  restart: always
  environment: &settings
    DATABASE_URL: postgres://shop:very-secret@database:5432/shop
    REDIS_URL: redis://redis:6379/2
    LOG_LEVEL: ${LOG_LEVEL:-warning}
    STRIPE_API_KEY: ${STRIPE_API_KEY:?not set}
services:
  web:
    <<: *common
    build: .
    ports: ["80:8000"]
    depends_on:
      database: {condition: service_healthy}
      redis: {condition: service_started}
  worker:
    <<: *common
    build: .
    command: celery -A shop worker
    depends_on: [database, redis]
  setup:
    build: .
    command: ["python", "manage.py", "migrate"]
    depends_on: [database]
    environment: [DATABASE_URL=postgres://shop:very-secret@database/shop]
  database:
    image: pgvector/pgvector:pg17
    environment: {POSTGRES_PASSWORD: very-secret}
  redis: {image: "redis:7-alpine"}
  proxy: {image: "nginx:1.27"}
  strange: {image: "example.com/somebody/thing:1"}
  debug: {build: ., command: sleep 1, profiles: [tools]}
"""
APPLICATION = {"compose.yaml": COMPOSE, "Dockerfile": DOCKERFILE}


def test_programs_stores_and_jobs_are_told_apart_and_wired() -> None:
    page = page_of(APPLICATION)
    assert set(page.services) == {"web", "worker"}
    web = page.services["web"]
    assert web.command == ["gunicorn", "shop.wsgi", "--bind", "${env.listen}:${port.http}"]
    assert web.ports == {"http": 8000}
    assert web.health is not None
    assert web.health.ready == "/healthz"
    assert {"db", "cache"} <= set(web.uses)
    assert web.env["DATABASE_URL"] == "${db.url}"
    assert web.env["REDIS_URL"] == "redis://:${cache.password}@${cache.host}:${cache.port}/2"
    assert web.env["LOG_LEVEL"] == "warning"
    assert web.env["APP_MODE"] == "full"
    assert web.expose is not None
    assert page.services["worker"].expose is None
    assert page.jobs["setup"].when == "before-deploy"
    assert page.stores["db"].version == 17
    assert page.stores["db"].extensions == ["vector"]
    assert page.stores["cache"].version == 7


def test_no_secret_of_theirs_is_copied_and_what_only_they_know_is_asked_for() -> None:
    text = text_of(APPLICATION)
    assert "very-secret" not in text
    assert page_of(APPLICATION).secrets["stripe-api-key"].from_ == "operator"


@pytest.mark.parametrize("named", ["proxy", "strange", "debug"])
def test_what_a_page_does_not_take_over_is_named_at_its_end(named: str) -> None:
    assert any(named in doubt for doubt in draft_of(APPLICATION).doubts)


def test_each_setting_names_the_line_that_it_came_from() -> None:
    text = text_of(
        {"compose.yaml": "services:\n  a:\n    build: .\n    command: run\n    environment:\n      MODE: x\n"}
    )
    assert "MODE: x  # compose.yaml:6" in text


def test_a_migration_in_front_of_a_server_becomes_a_job() -> None:
    page = page_of(
        {
            "docker-compose.yml": """
services:
  web:
    build: .
    command: sh -c "python manage.py migrate && gunicorn shop.wsgi -b :8000"
    ports: ["8000:8000"]
    depends_on: [db]
  db: {image: postgres:16}
"""
        }
    )
    assert page.jobs["migrate"].command == ["python", "manage.py", "migrate"]
    assert page.jobs["migrate"].when == "before-deploy"
    assert page.services["web"].command == ["gunicorn", "shop.wsgi", "-b", ":${port.http}"]


def test_services_that_name_each_other_are_wired_without_a_circle() -> None:
    page = page_of(
        {
            "compose.yaml": """
services:
  api: {build: api, command: serve, ports: ["8000:8000"], environment: {FRONT: "http://front:3000"}}
  front:
    build: front
    command: node server.js
    ports: ["3000:3000"]
    environment: {API_URL: "http://api:8000/v1", PUBLIC_API: "http://localhost:8000"}
    depends_on: [api]
"""
        }
    )
    assert "front" not in page.services["api"].uses or "api" not in page.services["front"].uses
    assert page.services["front"].env["PUBLIC_API"] == "${urls.api}"


def test_a_store_that_would_give_a_variable_with_another_meaning_stands_back() -> None:
    page = page_of(
        {
            "compose.yaml": """
services:
  web: {build: ., command: run, environment: {CACHE_URL: "redis://redis/3"}}
  redis: {image: redis}
"""
        }
    )
    assert list(page.stores) == ["cache-store"]
    assert page.services["web"].env["CACHE_URL"].endswith("/3")


def test_an_override_file_is_laid_over_and_other_files_are_named() -> None:
    texts = {
        "compose.yaml": "services: {web: {build: ., command: run, environment: {A: '1'}}}",
        "compose.override.yaml": "services: {web: {environment: {B: '2'}}}",
        "compose.prod.yaml": "services: {web: {environment: {C: '3'}}}",
    }
    assert page_of(texts).services["web"].env == {"A": "1", "B": "2"}
    assert any("compose.prod.yaml" in doubt for doubt in draft_of(texts).doubts)


def test_names_of_an_env_file_are_used_and_its_values_are_not() -> None:
    texts = {
        "compose.yaml": "services:\n  web: {build: ., command: run, env_file: .env, depends_on: [db]}\n"
        "  db: {image: postgres:18}\n",
        ".env": "DATABASE_URL=postgres://me:hidden@db/shop\nSECRET_KEY='hid\nden=1'\nTHEME=hidden\n",
    }
    page = page_of(texts)
    assert page.services["web"].env["DATABASE_URL"] == "${db.url}"
    assert page.secrets["secret-key"].generate
    assert "THEME" in text_of(texts)
    assert "hid" not in text_of(texts)


def test_ports_are_found_in_labels_and_health_checks_and_servers_are_told_where_to_listen() -> None:
    page = page_of(
        {
            "compose.yaml": """
services:
  a:
    build: .
    command: fastapi run main.py
    labels: ["traefik.http.services.a.loadbalancer.server.port=8000"]
  b:
    build: .
    command: uvicorn main:app --host 0.0.0.0
    healthcheck: {test: [CMD, curl, "http://localhost:9000/api/health-check/"]}
"""
        }
    )
    assert page.services["a"].expose
    assert page.services["a"].command[-2:] == ["--port", "${port.http}"]
    assert page.services["b"].ports == {"http": 9000}
    assert page.services["b"].command == [
        "uvicorn",
        "main:app",
        "--host",
        "${env.listen}",
        "--port",
        "${port.http}",
    ]


def test_secrets_are_made_asked_for_or_left_out_by_who_knows_them() -> None:
    texts = {
        "compose.yaml": """
services:
  a:
    build: .
    command: run
    environment:
      SECRET_KEY: ${SECRET_KEY?}
      ADMIN_PASSWORD: ${ADMIN_PASSWORD:?must be set}
      STRIPE_API_KEY: ${STRIPE_API_KEY?}
      SENTRY_DSN: ${SENTRY_DSN}
"""
    }
    page = page_of(texts)
    assert page.secrets["secret-key"].generate
    assert page.secrets["admin-password"].show
    assert page.secrets["stripe-api-key"].from_ == "operator"
    assert "sentry-dsn" not in page.secrets
    assert any("SENTRY_DSN is optional" in doubt for doubt in draft_of(texts).doubts)


def test_a_container_that_a_command_names_is_pointed_out() -> None:
    compose = """
services:
  a: {build: ., command: wait-for redis:6379}
  redis: {image: redis}
"""
    assert any(
        "the command of a names redis" in doubt for doubt in draft_of({"compose.yaml": compose}).doubts
    )


def test_what_a_dockerfile_starts_is_a_service_with_the_jobs_and_workers_of_the_code() -> None:
    page = page_of(
        {
            "Dockerfile": DOCKERFILE,
            "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
            "shop/settings.py": "ROOT_URLCONF = 'shop.urls'\n",
            "shop/celery.py": "from celery import Celery\napp = Celery('shop')\n",
        }
    )
    assert page.services["web"].command[0] == "gunicorn"
    assert page.services["web"].health
    assert page.services["worker"].command[:3] == ["celery", "-A", "shop"]
    assert page.jobs["migrate"].when == "before-deploy"
    assert page.build.dockerfile == "Dockerfile"


def test_scripts_inside_an_image_are_replaced_by_what_the_code_says() -> None:
    page = page_of(
        {
            "docker-compose.yml": """
services:
  django: &django
    build: {context: ., dockerfile: ./docker/django/Dockerfile}
    command: /start
    ports: ["8000:8000"]
    env_file: [./.envs/.django]
    depends_on: [postgres, redis]
  celeryworker:
    <<: *django
    command: /start-celeryworker
    ports: []
  postgres: {build: {context: ., dockerfile: ./docker/postgres/Dockerfile}, image: own_postgres}
  redis: {image: "redis:7"}
""",
            "docker/django/Dockerfile": 'FROM python:3.12\nENTRYPOINT ["/entrypoint"]\n',
            "docker/postgres/Dockerfile": "FROM postgres:17\n",
            "manage.py": "x.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.local')\n",
            "config/settings/local.py": "from .base import *\n",
            "config/settings/base.py": "import environ\nenv = environ.Env()\n"
            "DATABASES = {'default': env.db('DATABASE_URL')}\nCELERY_BROKER_URL = env('BROKER')\n",
            "config/celery_app.py": "from celery import Celery\napp = Celery('shop')\n",
            "requirements.txt": "django\ngunicorn\ncelery\npsycopg\nredis\n",
        }
    )
    web = page.services["django"]
    assert web.command[0] == "gunicorn"
    assert web.env["DATABASE_URL"] == "${db.url}"
    assert web.env["BROKER"] == "${cache.url}"
    assert page.services["celeryworker"].command[:3] == ["celery", "-A", "config.celery_app"]
    assert page.build.dockerfile == "docker/django/Dockerfile"
    assert page.stores["db"].version == 17


def test_a_worker_of_an_image_that_exposes_a_port_listens_nowhere_and_its_broker_is_wired() -> None:
    page = page_of(
        {
            "compose.yaml": """
services:
  web: {build: ., ports: ["5000:5000"]}
  worker: {build: ., command: rq worker --url redis://redis:6379/1, depends_on: [redis]}
  redis: {image: redis}
""",
            "Dockerfile": "FROM python\nEXPOSE 5000\nHEALTHCHECK CMD curl localhost:5000/health\n"
            "CMD ./tables.sh && gunicorn --bind 0.0.0.0:${PORT:-5000} app:app\n",
        }
    )
    script = page.services["web"].command[2]
    assert script == "./tables.sh && gunicorn --bind ${env.listen}:${port.http} app:app"
    assert page.services["web"].ports == {"http": 5000}
    worker = page.services["worker"]
    assert worker.ports == {}
    assert worker.health is None
    assert worker.command == ["rq", "worker"]
    assert worker.env["RQ_REDIS_URL"].endswith("${cache.port}/1")


def test_a_port_in_a_line_for_a_shell_becomes_the_page_s() -> None:
    compose = """
services:
  web: {build: ., command: "sleep 1 && uvicorn app:app --port 8100", ports: ["80:8100"]}
"""
    assert page_of({"compose.yaml": compose}).services["web"].command[2].endswith("--port ${port.http}")


LISTED = {
    "compose.yaml": """
services:
  web:
    build: .
    command: serve
    environment: {DATABASE_URL: "postgres://db/shop", SECRET_KEY: "${SECRET_KEY}", STRIPE_API_KEY: "${S?}"}
    depends_on: [db]
    deploy: {replicas: 2}
  worker: {build: ., command: work, environment: {REDIS_URL: "redis://redis"}, depends_on: [redis]}
  mailer: {build: ., command: mail, environment: {DATABASE_URL: "${DATABASE_URL}"}}
  db: {image: postgres:18}
  redis: {image: redis}
""",
    "app.py": "import os\n"
    + "".join(
        f"{name} = os.environ['{name}']\n"
        for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "STRIPE_API_KEY", "THEME")
    ),
}


def test_copies_that_compose_runs_are_taken_over() -> None:
    page = page_of(LISTED)
    assert [page.services[name].scale.lower().copies_min for name in ("web", "worker")] == [2, 1]


def test_a_program_is_given_what_compose_lists_for_it_and_nothing_that_only_others_are_given() -> None:
    worker = page_of(LISTED).services["worker"]
    given = {*worker.env, *worker.uses}
    assert "cache" in worker.uses
    assert not given & {
        "db",
        "DATABASE_URL",
        "STRIPE_API_KEY",
        "SECRET_KEY",
        "secrets.stripe-api-key",
        "THEME",
    }
    assert not any("DATABASE_URL" in doubt or "THEME" in doubt for doubt in draft_of(LISTED).doubts)


def test_a_variable_means_the_same_in_every_service_that_is_given_it() -> None:
    page = page_of(LISTED)
    assert {page.services[name].env["DATABASE_URL"] for name in ("web", "mailer")} == {"${db.url}"}
