"""Bring the third-party style sheets and icons into static/vendor, as static/vendor/manifest.json says.

For each package: fetch the tarball with the npm client, check it against the integrity in the manifest, copy the
listed files without their source-map comments (the manifest storage of Django looks for the map and fails), and draw
one SVG sprite from the listed icons. Hashes of what was written go back into the manifest, where a test reads them.

Run it only to change a version:  python scripts/vendor_assets.py
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
SOURCE_MAP = re.compile(rb"\n?(/\*#\s*sourceMappingURL=[^*]*\*/|//#\s*sourceMappingURL=.*)\s*$")


def fetch(name: str, version: str, integrity: str, into: Path) -> tarfile.TarFile:
    """Download one package with npm and return its opened tarball; exit when the integrity differs."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", f"{name}@{version}"], cwd=into, check=True, capture_output=True, text=True
    )
    tarball = into / packed.stdout.split()[-1]
    seen = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if seen != integrity:
        sys.exit(f"{name}@{version}: integrity is {seen}, the manifest says {integrity or 'nothing'}.")
    return tarfile.open(tarball)


def member(tar: tarfile.TarFile, path: str) -> bytes:
    """Return the bytes of one file of an npm tarball, without a source-map comment."""
    source = tar.extractfile(f"package/{path}")
    if source is None:
        sys.exit(f"{path} is not a file in this package.")
    return SOURCE_MAP.sub(b"\n", source.read())


def sprite(tar: tarfile.TarFile, symbols: dict[str, str], drawn: dict[str, str]) -> bytes:
    """Draw one SVG file with a <symbol> for each of our names, from the package's icons and from our own paths."""
    parts = ['<svg xmlns="http://www.w3.org/2000/svg">']
    for ours, theirs in sorted(symbols.items()):
        svg = member(tar, f"icons/{theirs}.svg").decode()
        shapes = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
        if shapes is None:
            sys.exit(f"The icon {theirs} has no shapes.")
        drawing = "".join(line.strip() for line in shapes[1].splitlines())
        parts.append(f'<symbol id="{ours}" viewBox="0 0 16 16">{drawing}</symbol>')
    parts += [f'<symbol id="{name}" viewBox="0 0 16 16">{shape}</symbol>' for name, shape in sorted(drawn.items())]
    return "\n".join([*parts, "</svg>\n"]).encode()


def main() -> None:
    """Write every file of the manifest and its hash."""
    manifest = json.loads(MANIFEST.read_text())
    written: dict[str, bytes] = {}
    for package in manifest["packages"]:
        with tempfile.TemporaryDirectory() as folder:
            tar = fetch(package["name"], package["version"], package["integrity"], Path(folder))
            for theirs, ours in package["files"].items():
                written[ours] = member(tar, theirs)
            if "sprite" in package:
                written[package["sprite"]] = sprite(tar, package["symbols"], package.get("drawn", {}))
    for path, content in written.items():
        (VENDOR / path).parent.mkdir(parents=True, exist_ok=True)
        (VENDOR / path).write_bytes(content)
    manifest["sha256"] = {path: hashlib.sha256(content).hexdigest() for path, content in sorted(written.items())}
    MANIFEST.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    print(f"{len(written)} files written to {VENDOR}.")


if __name__ == "__main__":
    main()
