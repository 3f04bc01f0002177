"""How paths of files and folders are written."""

from __future__ import annotations

import re

__all__ = ["bare_file", "path_before", "relative_path", "rooted_path", "spaced_path"]

_ENDINGS = """
    txt md markdown rst log pdf doc docx odt rtf tex epub ppt pptx odp key xls xlsx ods csv tsv json jsonl ndjson yaml
    yml toml ini cfg conf config env xml html htm xhtml css scss less js mjs cjs jsx ts tsx vue svelte py pyi pyc ipynb
    rb php pl java kt class jar c h cpp hpp cc cs go rs swift m scala sh bash zsh fish bat ps1 sql db sqlite sqlite3
    parquet png jpg jpeg gif webp bmp tif tiff svg ico heic raw psd ai mp3 wav ogg flac m4a aac mp4 mov avi mkv webm
    srt vtt zip tar gz tgz bz2 xz 7z rar zst iso img dmg exe msi deb rpm apk pem crt cer csr p12 asc gpg sig eml mbox
    ics vcf bak old orig tmp swp lock patch diff sol abi wasm dat bin out pid service
    """
_EXTENSIONS = frozenset(_ENDINGS.split())
_ALSO_DOMAINS = frozenset({"ai", "key", "class", "service", "sh", "rs", "py", "md", "pl", "so", "mov", "zip"})
_DOTFILE = re.compile(
    r"\.(?:env|git|gitignore|gitattributes|dockerignore|bashrc|bash_profile|bash_history|zshrc|profile|vimrc|ssh|config"
    r"|npmrc|netrc|editorconfig|htaccess|cache|local|aws|kube|docker|venv)(?:\.\w{1,20})?"
)
_SEGMENT = r"[^\s/\\\0:*?\"<>|]+"
_ROOTED = re.compile(r"(?:~|\.{1,2})?/[^\s\0\"<>|`]*")
_RELATIVE = re.compile(rf"(?:{_SEGMENT}/)+(?:{_SEGMENT})?")
_FILE = re.compile(r"[\w*][\w.*+@%=()-]{0,200}\.([A-Za-z0-9]{1,10})")
_WINDOWS = re.compile(r"(?:[A-Za-z]:|\\)\\[^\s\0\"<>|]+")
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)
_SPACED = re.compile(r"(?:~|\.{1,2})?/[^\0\n\"<>|`]{1,300}\.([A-Za-z0-9]{1,10})")


def bare_file(text: str) -> bool:
    """Whether this is a file's name without a folder, by its ending, such as ``notes.txt`` or ``.env``."""
    if text[0] == ".":
        return _DOTFILE.fullmatch(text) is not None
    match = _FILE.fullmatch(text)
    return match is not None and match[1].lower() in _EXTENSIONS and not text.lower().startswith("www.")


def rooted_path(text: str) -> str:
    """The path, when it begins at the root, at home, or at the current folder; empty otherwise."""
    if text[0] in "~./" and _ROOTED.fullmatch(text) and any(sign.isalnum() for sign in text):
        return text
    if _WINDOWS.fullmatch(text):
        return text
    return text if _DOTFILE.fullmatch(text) else ""


def path_before(text: str) -> str:
    """The rooted path with which a text begins, such as what follows a host's name; empty when there is none."""
    match = _ROOTED.match(text)
    return match[0] if match else ""


def relative_path(text: str) -> bool:
    """Whether this is a path below some folder that is not named from its root, such as ``hiring/advert.txt``."""
    if not _RELATIVE.fullmatch(text) or not any(sign.isalpha() for sign in text):
        return False
    first, _, rest = text.partition("/")
    last = text.rstrip("/").rpartition("/")[2]
    if _DOMAIN.fullmatch(first) and not bare_file(first):
        return False
    if rest and bare_file(last) and _FILE.fullmatch(last):
        return True
    if text.endswith("/"):
        return len(first) > 1
    return text.count("/") > 1 and all(len(part) > 1 for part in text.split("/"))


def spaced_path(text: str) -> bool:
    """Whether a whole quotation is a rooted path to a file with spaces in it."""
    match = _SPACED.fullmatch(text)
    return match is not None and match[1].lower() in _EXTENSIONS
