import pytest


@pytest.fixture(autouse=True)
def seal_file(settings, tmp_path):
    """Seals of one test are not missed by the next."""
    settings.AUDIT_SEAL_FILE = tmp_path / "seals.jsonl"
