"""`python -m services.reporting serve | work | migrate | openapi`."""

from pathlib import Path

from services.reporting.app import create_app, create_worker
from services.reporting.settings import Settings
from shared.service import Service

SERVICE = Service(
    name="reporting",
    settings=Settings,
    create_app=create_app,
    create_worker=create_worker,
    migrations=Path(__file__).parent / "migrations",
)

if __name__ == "__main__":
    SERVICE.main()
