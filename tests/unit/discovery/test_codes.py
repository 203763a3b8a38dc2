"""What is known without any deployment file: from the code and its libraries alone."""

import pytest

from tests.unit.discovery.applications import draft_of, page_of, text_of

FASTAPI = """
import os
from fastapi import FastAPI
app = FastAPI()
TOKEN = os.environ["PAYMENT_API_KEY"]
THEME = os.getenv("THEME", "dark")
@app.get("/health")
def health(): return {}
"""
FACTORY = "from fastapi import FastAPI\ndef create_app():\n    return FastAPI()\n"
SETTINGS = """
from pydantic_settings import BaseSettings, SettingsConfigDict
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")
    database_url: str
    jwt_secret: str
    workers: int = 4
"""
DJANGO = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")\n',
    "site1/settings.py": """
import os
from decouple import config
SECRET_KEY = config("KEY_FOR_SIGNING")
ALLOWED_HOSTS = config("HOSTS_THAT_MAY", cast=list)
ROOT_URLCONF = "site1.urls"
WSGI_APPLICATION = "site1.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": config("D_NAME"),
  "USER": os.environ["D_WHO"], "PASSWORD": os.environ.get("D_WORD"),
  "HOST": config("D_WHERE", default="localhost"),
  "PORT": config("D_DOOR", default="5432")}}
CELERY_BROKER_URL = os.environ.get("RABBIT", "redis://localhost:6379/0")
CELERY_BEAT_SCHEDULE = {
    "mail": {"task": "shop.tasks.mail", "schedule": crontab(hour=6, minute=30)},
    "tidy": {"task": "shop.tasks.tidy", "schedule": 900.0, "args": (1, "x")},
}
""",
    "site1/urls.py": 'urlpatterns = [path("api/", include("shop.urls"))]\n',
    "site1/celery.py": 'from celery import Celery\napp = Celery("site1")\n',
    "shop/urls.py": 'urlpatterns = [path("healthz/", view)]\n',
    "requirements/base.txt": "Django==5.2\nceleRY[redis]>=5\npsycopg2-binary\ngunicorn\npython-decouple\n",
    "requirements/dev.txt": "pymongo\n",
}


def test_fastapi_is_served_asked_for_its_health_and_given_what_it_reads() -> None:
    page = page_of({"app/main.py": FASTAPI, "requirements.txt": "fastapi\nuvicorn[standard]\n"})
    web = page.services["web"]
    assert web.command == ["uvicorn", "app.main:app", "--host", "${env.listen}", "--port", "${port.http}"]
    assert web.health is not None
    assert web.health.ready == "/health"
    assert page.secrets["payment-api-key"].from_ == "operator"
    assert "secrets.payment-api-key" in web.uses
    assert "THEME" not in web.env


def test_settings_classes_name_their_variables_and_sqlalchemy_its_driver() -> None:
    page = page_of(
        {
            "src/shop/app.py": FACTORY,
            "src/shop/settings.py": SETTINGS,
            "pyproject.toml": '[project]\ndependencies = ["fastapi[standard]", "sqlalchemy", "asyncpg"]\n',
        }
    )
    web = page.services["web"]
    assert web.command[:5] == ["uvicorn", "--app-dir", "src", "--factory", "shop.app:create_app"]
    assert web.env["SHOP_DATABASE_URL"].startswith("postgresql+asyncpg://${db.user}:")
    assert page.secrets["shop-jwt-secret"].generate
    assert "SHOP_WORKERS" not in web.env


def test_a_django_site_is_served_migrated_and_its_variables_are_known_by_their_use() -> None:
    page = page_of(DJANGO)
    web = page.services["web"]
    assert web.command == ["gunicorn", "--bind", "${env.listen}:${port.http}", "site1.wsgi:application"]
    assert web.health is not None
    assert web.health.ready == "/api/healthz/"
    assert page.jobs["migrate"].command == ["python", "manage.py", "migrate", "--noinput"]
    assert page.services["worker"].command[:4] == ["celery", "-A", "site1", "worker"]
    assert web.env["D_NAME"] == "${db.name}"
    assert web.env["D_WHO"] == "${db.user}"
    assert web.env["D_WORD"] == "${db.password}"
    assert web.env["D_WHERE"] == "${db.host}"
    assert web.env["D_DOOR"] == "${db.port}"
    assert web.env["RABBIT"] == "${cache.url}"
    assert web.env["HOSTS_THAT_MAY"] == "${env.domain},127.0.0.1"
    assert page.jobs["mail"].when == "30 6 * * *"
    assert page.jobs["mail"].command == ["celery", "-A", "site1", "call", "shop.tasks.mail"]
    assert page.jobs["tidy"].when == "*/15 * * * *"
    assert page.jobs["tidy"].command[-2:] == ["--args", '[1, "x"]']
    assert page.secrets["key-for-signing"].generate
    assert {store.kind for store in page.stores.values()} == {"postgres", "redis"}


def test_an_address_that_is_written_into_settings_is_pointed_out() -> None:
    texts = DJANGO | {
        "site1/settings.py": 'DATABASES = {"default": {"ENGINE": "x.postgresql", "HOST": "db"}}\n'
    }
    doubts = draft_of(texts).doubts
    assert any("site1/settings.py:1: DATABASES has an address written into it" in doubt for doubt in doubts)


def test_flask_factories_workers_and_alembic_are_found() -> None:
    page = page_of(
        {
            "shop/__init__.py": FACTORY.replace("fastapi", "flask")
            .replace("FastAPI", "Flask")
            .replace("Flask()", "Flask('x')"),
            "alembic.ini": "[alembic]\n",
            "Pipfile": '[packages]\nflask = "*"\ngunicorn = "*"\nrq = "*"\npsycopg2 = "*"\n',
        }
    )
    assert page.services["web"].command[-1] == "shop:create_app()"
    assert page.services["worker"].command == ["rq", "worker"]
    assert page.services["worker"].env["RQ_REDIS_URL"] == "${cache.url}"
    assert page.services["worker"].env["RQ_REDIS_URL"] == "${cache.url}"
    assert page.jobs["migrate"].command == ["python", "-m", "alembic", "upgrade", "head"]
    assert page.services["web"].env["PGHOST"] == "${db.host}"


def test_a_node_service_a_worker_and_prisma_are_found() -> None:
    page = page_of(
        {
            "package.json": '{"scripts": {"start": "node src/server.js", "worker": "node src/worker.js"},'
            ' "dependencies": {"express": "4", "ioredis": "5", "@prisma/client": "6"}}',
            "src/server.js": "const app = express();\napp.get('/healthz', ok);\n"
            "app.listen(process.env.PORT || 4000);\nconst url = process.env.REDIS_URL;\n"
            "const { JWT_SECRET, THEME = 'x' } = process.env;",
            "prisma/schema.prisma": 'datasource db {provider = "postgresql"\n url = env("PRISMA_ADDRESS")}',
            "prisma/migrations/1/migration.sql": 'CREATE EXTENSION IF NOT EXISTS "pg_trgm";',
        }
    )
    web = page.services["web"]
    assert web.command == ["node", "src/server.js"]
    assert web.ports == {"http": 4000}
    assert web.env["PORT"] == "${port.http}"
    assert web.env["REDIS_URL"] == "${cache.url}"
    assert web.env["PRISMA_ADDRESS"] == "${db.url}"
    assert web.health is not None
    assert web.health.ready == "/healthz"
    assert page.secrets["jwt-secret"].generate
    assert page.services["worker"].command == ["node", "src/worker.js"]
    assert page.jobs["migrate"].command == ["prisma", "migrate", "deploy"]
    assert page.stores["db"].extensions == ["pg_trgm"]


def test_projects_in_folders_of_their_own_run_there() -> None:
    page = page_of(
        {
            "api/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "api/requirements.txt": "fastapi\nuvicorn\n",
            "web/package.json": '{"scripts": {"start": "next start"}, "dependencies": {"next": "15"}}',
        }
    )
    assert {(service.build or page.build).context for service in page.services.values()} == {"api", "web"}


def test_one_project_below_the_top_is_the_folder_of_the_build() -> None:
    page = page_of(
        {
            "backend/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "backend/requirements.txt": "fastapi\nuvicorn\n",
        }
    )
    assert page.build.context == "backend"


@pytest.mark.parametrize(
    ("library", "named"), [("pymongo", "mongodb"), ("mysqlclient", "mysql"), ("pika", "rabbitmq")]
)
def test_a_server_that_a_page_does_not_know_is_named(library: str, named: str) -> None:
    texts = {
        "main.py": "from flask import Flask\napp = Flask('x')\n",
        "requirements.txt": f"flask\n{library}\n",
    }
    assert any(named in doubt for doubt in draft_of(texts).doubts)


def test_a_variable_that_is_needed_and_means_nothing_to_us_is_left_open_in_a_comment() -> None:
    text = text_of(
        {
            "main.py": "import os\nfrom flask import Flask\napp = Flask('x')\nx = os.environ['QUANTITY']\n",
            "requirements.txt": "flask\n",
        }
    )
    assert '#   QUANTITY: ""  # main.py:4 needs it' in text
    assert "# - QUANTITY: main.py:4 needs it" in text


def test_what_is_missing_here_is_said() -> None:
    steps = draft_of(
        {
            "main.py": "from flask import Flask\napp = Flask('x')\n",
            "requirements.txt": "flask\n",
            "package.json": '{"dependencies": {"left": "1"}}',
        }
    ).steps
    assert any(step.startswith("no .venv here") for step in steps)
    assert any(step.startswith("no node_modules here") for step in steps)


def test_what_a_program_reads_from_its_own_dotenv_is_left_to_it() -> None:
    texts = {
        "main.py": "import os\nfrom flask import Flask\napp = Flask('x')\n"
        "a = os.environ['STRIPE_API_KEY']\nb = os.environ['QUANTITY']\nc = os.environ['DATABASE_URL']\n",
        "requirements.txt": "flask\npython-dotenv\npsycopg2\n",
        ".env": "STRIPE_API_KEY=hidden\nQUANTITY=7\nDATABASE_URL=postgres://localhost/x\n",
    }
    page = page_of(texts)
    assert page.secrets == {}
    assert page.services["web"].env == {"DATABASE_URL": "${db.url}"}
    assert any("STRIPE_API_KEY: the program reads it from .env" in doubt for doubt in draft_of(texts).doubts)
    assert "hidden" not in text_of(texts)


def test_a_page_is_called_as_its_project_is() -> None:
    page = page_of({"Procfile": "web: x\n", "pyproject.toml": '[project]\nname = "My_Shop"\n'})
    assert page.metadata.name == "my-shop"


def test_the_settings_of_arq_are_a_worker() -> None:
    page = page_of({"jobs.py": "class WorkerSettings:\n    functions = []\n", "requirements.txt": "arq\n"})
    assert page.services["worker"].command == ["arq", "jobs.WorkerSettings"]


def test_names_in_code_refer_to_nothing_on_the_page_and_odd_variables_are_left_out() -> None:
    texts = DJANGO | {
        "site1/settings.py": DJANGO["site1/settings.py"].replace("shop.tasks.mail", "shop.${PORT}.mail")
        + 'A = os.environ[":API_KEY"]\n'
    }
    page = page_of(texts)
    assert page.jobs["mail"].command[-1] == "shop.$${PORT}.mail"
    assert not any(":" in variable for variable in page.services["web"].env)
