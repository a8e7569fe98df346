"""`python -m services.commitments serve | work | migrate | openapi`."""

from pathlib import Path

from services.commitments.app import create_app, create_worker
from services.commitments.settings import Settings
from shared.service import Service

SERVICE = Service(
    name="commitments",
    settings=Settings,
    create_app=create_app,
    create_worker=create_worker,
    migrations=Path(__file__).parent / "migrations",
)

if __name__ == "__main__":
    SERVICE.main()
