"""`python -m services.strategy serve | work | migrate | openapi`."""

from pathlib import Path

from services.strategy.app import create_app, create_worker
from services.strategy.settings import Settings
from shared.service import Service

SERVICE = Service(
    name="strategy",
    settings=Settings,
    create_app=create_app,
    create_worker=create_worker,
    migrations=Path(__file__).parent / "migrations",
)

if __name__ == "__main__":
    SERVICE.main()
