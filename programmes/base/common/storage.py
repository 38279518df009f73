"""Where files with personal data lie: never under an address of their own, handed out by views that ask for rights."""

import uuid
from typing import Any

from django.core.files.storage import Storage, storages
from django.utils.deconstruct import deconstructible


def private_storage() -> Storage:
    """The private storage: a directory, or S3-compatible storage where the settings name it."""
    return storages["private"]


@deconstructible
class RandomName:
    """`upload_to` that gives a file a name which says nothing and cannot be guessed, in a folder of its own."""

    def __init__(self, folder: str):
        self.folder = folder

    def __call__(self, instance: Any, name: str) -> str:
        return f"{self.folder}/{uuid.uuid4().hex}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RandomName) and other.folder == self.folder

    def __hash__(self) -> int:
        return hash(self.folder)
