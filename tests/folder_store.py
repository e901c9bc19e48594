"""A landing store on a folder, so that Spark tests land with the real writer and no S3."""

import shutil
from pathlib import Path

import orjson


class FolderStore:
    """The calls of scripts.landing.store.Store that landing makes, on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def upload(self, path: Path, key: str) -> None:
        target = self.folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)

    def create(self, key: str, document: dict[str, object]) -> None:
        target = self.folder / key
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(orjson.dumps(document))

    def list(self, prefix: str) -> list[str]:
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*"))
        return sorted(str(path) for path in found if str(path).startswith(prefix))
