"""The shape of production: what one process writes for another lies where both reach it."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_web_and_worker_share_a_directory_of_private_files_that_they_may_write():
    compose = (ROOT / "compose.yaml").read_text()
    common, services = compose.split("\nservices:\n")
    place = re.search(r"IOMCASE_MEDIA: (\S+)", common)[1]
    assert f'volumes: ["media:{place}"]' in common, "a read-only container writes nowhere else"
    assert re.search(r"^volumes:\n(  \w+:\n)*  media:$", services, re.MULTILINE)
    for name in ("web", "worker"):
        about = re.search(rf"^  {name}:\n((?:    .*\n)+)", services, re.MULTILINE)[1]
        assert "<<: *iomcase" in about
        assert "volumes:" not in about, "an own list would take the place of the common one"
        assert "environment:" not in about
    assert re.search(
        rf"install --directory --owner iomcase .*{place}$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
