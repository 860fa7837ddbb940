"""The files below a folder, sorted by what they can be; no picture is opened."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from .raw import IMAGE_SUFFIXES

#: Folders in folders that are looked into, and files that are listed at most.
MOST_DEEP, MOST_FILES = 6, 300_000

_PICTURE, _FRAMES = "save it as TIFF or PNG", "export its frames as TIFF or PNG"
_MASKS = "export its masks as TIFF or PNG"

#: Kinds of files that are not read, what makes one readable, and how their names end.
#: A remedy that is None belongs to what holds neither frames nor masks.
_KINDS: tuple[tuple[str, str | None, str], ...] = (
    (
        "a picture of another format",
        _PICTURE,
        "bmp gif webp jp2 j2k jpe jfif heic heif avif pgm ppm pnm tga psd dng svg",
    ),
    ("DICOM", _FRAMES, "dcm dicom ima dicomdir"),
    (
        "a video",
        _FRAMES,
        "mp4 avi mov wmv mkv mpg mpeg m4v webm flv 3gp ogv ts",
    ),
    ("a volume", _FRAMES, "nii nii.gz nrrd nhdr mha mhd raw img hdr mgz minc"),
    ("a microscope's file", _FRAMES, "czi nd2 lif lsm oif svs ndpi oir vsi"),
    (
        "an array file",
        _FRAMES,
        "npy npz h5 hdf5 mat zarr zarr.zip n5 pkl pickle pt parquet",
    ),
    ("an annotation file", _MASKS, "roi xml json geojson jsonl"),
    ("an archive", "unpack it", "zip tar gz tgz 7z rar bz2 xz"),
    (
        "half-written",
        "copy it again from its source",
        "tmp temp part partial crdownload download",
    ),
    ("a table", None, "csv tsv xlsx xls ods"),
    (
        "text or code",
        None,
        "txt md rst pdf doc docx rtf html htm log yaml yml toml ini cfg py ipynb m r "
        "sh bib tex url lnk sha256 md5",
    ),
)
_BY_SUFFIX = {
    f".{suffix}": (kind, remedy)
    for kind, remedy, suffixes in _KINDS
    for suffix in suffixes.split()
}

_NOT_TEXT = ("a file whose name is not UTF-8", "rename it")

#: Files of other programs beside the data, which hold nothing of it.
_PASSED_OVER = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r"})
_SKIPPED_FOLDERS = frozenset(
    [
        *("__macosx", "$recycle.bin", "system volume information", "recycler"),
        *("#recycle", "@recycle", "@eadir", "#snapshot", "lost+found"),
    ]
)

#: JSON that describes a data set and holds no mask.
_DESCRIPTION_STEMS = ("dataset", "truth", "splits_final")
_DESCRIPTIONS = frozenset(f"{stem}.json" for stem in _DESCRIPTION_STEMS)


@dataclass(frozen=True, slots=True)
class Picture:
    """A file whose name is an image's.

    Attributes
    ----------
    folder, name
        Where the file lies, and what it is called.
    dirs
        Its folders below the data folder.
    stem, suffix
        Its name in composed letters (NFC), and its suffix in small ones.
    """

    folder: Path
    name: str
    dirs: tuple[str, ...]
    stem: str
    suffix: str

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / self.name


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that is not read: its kind, and the remedy (None: it needs none).

    ``name`` is its path below the data folder, with forward slashes.
    """

    name: str
    kind: str
    remedy: str | None


@dataclass
class Tree:
    """What lies below a folder.

    Attributes
    ----------
    folder
        Which one.
    pictures
        Files whose suffix is read, in the order of the disk.
    csv
        CSV files in the folder itself.
    unread
        Everything else but hidden files.
    """

    folder: Path
    pictures: list[Picture] = field(default_factory=list)
    csv: list[Path] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def leave(self, path: str | Path, kind: str, remedy: str | None) -> None:
        """Note a file or folder that is not read."""
        name = str(path).removeprefix(str(self.folder)).lstrip(os.sep)
        self.unread.append(Unread(name.replace(os.sep, "/"), kind, remedy))


def read_tree(folder: Path) -> Tree:
    """List a folder and the folders in it, passing over hidden files.

    Raises
    ------
    InputError
        If it cannot be listed, or holds more than `MOST_FILES` files.
    """
    tree = Tree(folder)
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[str, tuple[str, ...]]] = [(str(folder), ())]
    links: list[tuple[str, tuple[str, ...]]] = []
    n_files = 0
    while waiting or links:
        path, dirs = waiting.pop() if waiting else links.pop(0)
        if not _is_first_way(path, dirs, tree, seen):
            continue
        where = Path(path)
        for entry in _entries(path, dirs, tree):
            if entry.name.startswith(".") or entry.name.lower() in _PASSED_OVER:
                continue
            n_files += 1
            if not _is_folder(entry):
                _sort_in(tree, entry, where, dirs)
            elif _is_read(entry, dirs, tree):
                way = links if entry.is_symlink() else waiting
                way.append((entry.path, (*dirs, _composed(entry.name))))
        links.sort()
        if n_files > MOST_FILES:
            raise InputError(
                f"{folder} holds more than {MOST_FILES:,} files: give the folder in it "
                "that has the frames."
            )
    return tree


def _entries(
    path: str, dirs: tuple[str, ...], tree: Tree
) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            yield from entries
    except FileNotFoundError:
        raise InputError(
            f"{path} does not exist: give a folder of frames or an image file."
        ) from None
    except OSError as error:
        if dirs:  # one folder of many
            why = f"a folder that cannot be listed ({error.strerror})"
            tree.leave(path, why, "check its permissions")
            return
        if isinstance(error, NotADirectoryError):
            raise InputError(
                f"{path} is a pipe, socket or device and no file: give a folder of "
                "frames or an image file."
            ) from error
        raise InputError(
            f"{path} cannot be listed ({error.strerror}): check its permissions."
        ) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself: a file that cannot be read
        return False


def _is_first_way(
    path: str, dirs: tuple[str, ...], tree: Tree, seen: set[tuple[int, int]]
) -> bool:
    """Say whether a folder was not looked into before; links come last."""
    try:
        stat = Path(path).stat()
    except OSError:  # told by who lists it
        return True
    key = (stat.st_dev, stat.st_ino)
    if dirs and stat.st_ino and key in seen:
        kind = "a second way to a folder that is read already"
        tree.leave(path, kind, "take the link away")
        return False
    seen.add(key)
    return True


def _is_read(entry: os.DirEntry[str], dirs: tuple[str, ...], tree: Tree) -> bool:
    """Say whether to look into a folder; name it if it only looks like a file."""
    name = entry.name.lower()
    if name in _SKIPPED_FOLDERS or name.endswith(".nerveseg"):
        return False
    if name.endswith((".zarr", ".n5")):
        tree.leave(entry.path, *_BY_SUFFIX[".zarr"])
        return False
    if not _is_text(entry.name):
        tree.leave(entry.path, *_NOT_TEXT)
        return False
    if len(dirs) >= MOST_DEEP:
        kind = f"a folder {MOST_DEEP + 1} folders deep"
        tree.leave(entry.path, kind, "give the folder above it")
        return False
    return True


def _sort_in(
    tree: Tree, entry: os.DirEntry[str], folder: Path, dirs: tuple[str, ...]
) -> None:
    name = entry.name
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 (11,270 times)
    suffix = suffix.lower()
    if not _is_text(name):
        tree.leave(entry.path, *_NOT_TEXT)
    elif suffix in IMAGE_SUFFIXES:
        if entry.is_symlink() or entry.is_file():
            tree.pictures.append(Picture(folder, name, dirs, _composed(stem), suffix))
        else:
            tree.leave(entry.path, "no regular file", "take it away")
    elif suffix == ".csv" and not dirs:
        tree.csv.append(Path(entry.path))
    else:
        tree.leave(entry.path, *_unread(entry))


def _unread(entry: os.DirEntry[str]) -> tuple[str, str | None]:
    """Return the kind of a file that is not read, and the remedy."""
    name = entry.name.lower()
    if name in _DESCRIPTIONS:
        return "text or code", None
    ends = [name[at:] for at, sign in enumerate(name) if sign == "."]
    for end in ends:  # the longest first: .nii.gz is no archive
        if end in _BY_SUFFIX:
            return _BY_SUFFIX[end]
    if name == "dicomdir" or _begins_as_dicom(Path(entry.path)):
        return _BY_SUFFIX[".dcm"]
    if not ends and name.upper() == entry.name and name.isalpha():
        return "text or code", None  # README, LICENSE
    kind = "a file without a suffix" if not ends else f"a file of the kind {ends[-1]}"
    return kind, "export its frames or masks as TIFF or PNG"


def _begins_as_dicom(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def _composed(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _is_text(name: str) -> bool:
    """Say whether a name is UTF-8; Python hides other bytes in lone surrogates."""
    return name.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in name)


def shown(path: Path | str) -> str:
    r"""Return a path that any file can hold: bytes that are no UTF-8 as ``\\xfc``."""
    text = str(path)
    if _is_text(text):
        return text
    return os.fsencode(text).decode("utf-8", "backslashreplace")
