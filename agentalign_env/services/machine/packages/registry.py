"""The packages that registries offer: well-known names, with plain summaries and one consistent set of versions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

__all__ = ["ALREADY_INSTALLED", "Offer", "load_registries"]


class Offer(NamedTuple):
    """A package as the lists below write it: ``name versions size needs | summary``."""

    name: str
    versions: tuple[str, ...]
    size_kb: int
    needs: tuple[str, ...]
    summary: str


def _offers(text: str) -> tuple[Offer, ...]:
    found = []
    for line in text.strip().splitlines():
        facts, _, summary = line.partition(" | ")
        name, versions, size, *needs = facts.split()
        found.append(Offer(name, tuple(versions.split(",")), int(size), tuple(needs), summary))
    return tuple(found)


_PIP = """
requests 2.31.0,2.32.3,2.32.4 64 certifi charset-normalizer idna urllib3 | HTTP requests for people.
certifi 2024.8.30,2025.1.31 163 | Root certificates for checking servers.
charset-normalizer 3.3.2,3.4.1 142 | Finds the encoding of a text.
idna 3.7,3.10 70 | Domain names in other alphabets.
urllib3 2.2.2,2.3.0 128 | An HTTP client with connection pools.
flask 2.3.3,3.0.3,3.1.0 101 werkzeug jinja2 itsdangerous click blinker | A small web framework.
werkzeug 3.0.3,3.1.3 224 markupsafe | Tools for web applications.
jinja2 3.1.4,3.1.6 134 markupsafe | A template language.
markupsafe 2.1.5,3.0.2 23 | Escapes text for HTML.
itsdangerous 2.2.0 16 | Signs data that leaves the server.
click 8.1.7,8.1.8 98 | Command lines from functions.
blinker 1.8.2,1.9.0 9 | Signals between objects.
numpy 1.26.4,2.0.1,2.2.3 16100 | Arrays and numerical computing.
pandas 2.2.2,2.2.3 12700 numpy python-dateutil pytz tzdata | Tables, time series and statistics.
python-dateutil 2.8.2,2.9.0 229 six | Extensions to dates and times.
six 1.16.0,1.17.0 11 | One code for two versions of the language.
pytz 2024.1,2025.1 507 | Time zones.
tzdata 2024.1,2025.1 347 | Time zone data.
matplotlib 3.8.4,3.9.2,3.10.0 8600 numpy pillow contourpy cycler kiwisolver pyparsing python-dateutil | Draws charts.
pillow 10.3.0,10.4.0,11.1.0 4400 | Reads, changes and writes images.
contourpy 1.2.1,1.3.1 318 numpy | Contour lines.
cycler 0.12.1 8 | Cycles of styles.
fonttools 4.53.0,4.56.0 4900 | Works with font files.
kiwisolver 1.4.5,1.4.8 1400 | Solves layout constraints.
packaging 24.1,24.2 65 | Versions and requirements of packages.
pyparsing 3.1.2,3.2.1 107 | Grammars written as expressions.
scipy 1.13.1,1.15.2 37600 numpy | Algorithms for science and engineering.
scikit-learn 1.5.1,1.6.1 13100 numpy scipy joblib threadpoolctl | Machine learning for tables.
joblib 1.4.2 301 | Runs functions in parallel and keeps their results.
threadpoolctl 3.5.0 18 | Limits threads of numerical libraries.
networkx 3.3,3.4.2 1700 | Graphs and networks.
pyyaml 6.0.1,6.0.2 750 | Reads and writes YAML.
beautifulsoup4 4.12.3,4.13.3 186 soupsieve | Reads web pages as trees.
soupsieve 2.5,2.6 36 | CSS selectors for trees.
lxml 5.2.2,5.3.1 5000 | Fast XML and HTML.
httpx 0.27.0,0.28.1 74 anyio certifi httpcore idna | An HTTP client, also asynchronous.
httpcore 1.0.5,1.0.7 78 certifi h11 | The transport under an HTTP client.
h11 0.14.0 58 | HTTP/1.1 without input and output.
anyio 4.4.0,4.8.0 96 idna sniffio | Asynchronous code on several loops.
sniffio 1.3.1 10 | Says which asynchronous loop runs.
fastapi 0.111.1,0.115.8 94 starlette pydantic typing-extensions | Web interfaces from type hints.
starlette 0.37.2,0.45.3 71 anyio | A toolkit for asynchronous web services.
pydantic 2.8.2,2.10.6 431 pydantic-core annotated-types typing-extensions | Checks data against types.
pydantic-core 2.20.1,2.27.2 2000 typing-extensions | The compiled core of a validation library.
annotated-types 0.7.0 13 | Constraints for annotations.
typing-extensions 4.12.2 37 | Newer type hints for older versions.
uvicorn 0.30.5,0.34.0 62 click h11 | A server for asynchronous web services.
pytest 8.2.2,8.3.4 343 iniconfig packaging pluggy | Tests with plain assertions.
iniconfig 2.0.0 6 | Reads configuration files.
pluggy 1.5.0 20 | Plugins and hooks.
black 24.4.2,25.1.0 200 click packaging pathspec platformdirs mypy-extensions | Formats source code.
pathspec 0.12.1 31 | Patterns of paths.
platformdirs 4.2.2,4.3.6 18 | Where programs keep their files.
mypy-extensions 1.0.0 5 | Extensions for a type checker.
ruff 0.5.5,0.9.6 11200 | A fast linter and formatter.
rich 13.7.1,13.9.4 242 markdown-it-py pygments | Colours and tables in the terminal.
markdown-it-py 3.0.0 87 mdurl | Reads Markdown.
mdurl 0.1.2 10 | Addresses in Markdown.
pygments 2.18.0,2.19.1 1200 | Colours source code.
tqdm 4.66.4,4.67.1 78 | Progress bars.
boltons 24.0.0,25.0.0 195 | Small additions to the standard library.
openpyxl 3.1.5 250 et-xmlfile | Reads and writes spreadsheets.
et-xmlfile 1.1.0,2.0.0 18 | Writes large XML files.
icalendar 5.0.13,6.1.1 201 python-dateutil tzdata | Reads and writes calendars.
markdown 3.6,3.7 106 | Turns Markdown into HTML.
qrcode 7.4.2,8.0 46 | Makes QR codes.
schedule 1.2.2 12 | Runs jobs at set times.
pip 24.0,25.0.1 1800 | Installs packages.
setuptools 70.3.0,75.8.0 1200 | Builds packages.
wheel 0.43.0,0.45.1 72 | Packs built packages.
"""

_NPM = """
express 4.18.3,4.19.2,4.21.2 220 accepts body-parser cookie debug finalhandler send qs | A small web framework.
accepts 1.3.8 17 mime-types negotiator | Agrees with clients on a format.
mime-types 2.1.35 18 mime-db | Types of files.
mime-db 1.52.0,1.53.0 210 | A list of types of files.
negotiator 0.6.3,1.0.0 28 | Reads what a client accepts.
body-parser 1.20.3 60 debug qs | Reads bodies of requests.
cookie 0.6.0,0.7.2 23 | Reads and writes cookies.
debug 2.6.9,4.4.0 42 ms | Messages for debugging.
ms 2.1.3 7 | Turns times into milliseconds.
finalhandler 1.3.1 19 debug | The last answer of a server.
send 0.19.0 48 debug ms | Sends files.
qs 6.13.0,6.14.0 240 | Reads query strings.
lodash 4.17.20,4.17.21 1400 | Everyday functions for data.
dayjs 1.11.11,1.11.13 670 | Dates in two kilobytes.
axios 1.6.8,1.7.9 2100 follow-redirects form-data | An HTTP client.
follow-redirects 1.15.6,1.15.9 30 | Follows redirects.
form-data 4.0.0,4.0.2 42 asynckit combined-stream mime-types | Bodies of forms.
asynckit 0.4.0 24 | Small asynchronous jobs.
combined-stream 1.0.8 11 delayed-stream | One stream after another.
delayed-stream 1.0.0 8 | Holds a stream back.
react 18.2.0,18.3.1,19.0.0 240 loose-envify | Interfaces made of components.
react-dom 18.2.0,18.3.1,19.0.0 4500 react scheduler | Puts components on a page.
scheduler 0.23.2,0.25.0 90 | Plans work in small pieces.
loose-envify 1.4.0 6 js-tokens | Puts settings into source code.
js-tokens 4.0.0,9.0.1 16 | Splits source code into tokens.
vue 3.4.31,3.5.13 2300 | A framework for interfaces.
typescript 5.4.5,5.7.3 22500 | Types for JavaScript.
eslint 8.57.0,9.20.1 2800 chalk debug | Finds problems in source code.
prettier 3.2.5,3.5.1 8400 | Formats source code.
chalk 4.1.2,5.4.1 44 | Colours in the terminal.
commander 12.1.0,13.1.0 190 | Command lines.
yargs 17.7.2 290 cliui | Reads arguments of a command line.
cliui 8.0.1 32 | Columns in the terminal.
jest 29.7.0 14 chalk | Tests.
vitest 1.6.0,3.0.5 1300 vite | Tests for modern projects.
vite 5.3.5,6.1.0 3100 esbuild rollup postcss | A build tool with a fast server.
esbuild 0.21.5,0.24.2 131 | Bundles source code.
rollup 4.18.1,4.34.6 2600 | Bundles modules.
postcss 8.4.38,8.5.2 200 nanoid picocolors | Changes style sheets.
nanoid 3.3.7,5.0.9 22 | Short unique names.
picocolors 1.0.1,1.1.1 6 | Colours in the terminal, tiny.
http-server 14.1.1 130 chalk mime-types | Serves a folder.
nodemon 3.1.4,3.1.9 219 chokidar debug | Starts a program again when files change.
chokidar 3.6.0,4.0.3 150 | Watches files.
dotenv 16.4.5,16.4.7 79 | Settings from a file.
cors 2.8.5 20 | Lets other sites ask a server.
ws 8.17.1,8.18.0 144 | Web sockets.
uuid 9.0.1,11.0.5 180 | Unique names.
zod 3.23.8,3.24.2 3300 | Checks data against a schema.
marked 12.0.2,15.0.7 400 | Turns Markdown into HTML.
sharp 0.33.4,0.33.5 530 semver | Resizes images.
semver 7.6.2,7.7.1 96 | Compares versions.
glob 10.4.1,11.0.1 460 minimatch | Finds files by patterns.
minimatch 9.0.4,10.0.1 430 | Patterns of paths.
rimraf 5.0.7,6.0.1 270 glob | Removes folders.
moment 2.30.1 4200 | Dates and times.
date-fns 3.6.0,4.1.0 22000 | Functions for dates.
d3 7.9.0 870 | Drawings from data.
chart.js 4.4.3,4.4.7 6200 | Charts on a canvas.
three 0.166.1,0.173.0 28000 | Drawings in three dimensions.
npm 10.8.1,11.1.0 11600 | Installs packages.
"""

_APT = """
curl 7.88.1,8.5.0 315 libcurl4 | Transfers data with URLs.
libcurl4 7.88.1,8.5.0 390 | Transfers data with URLs, the library.
wget 1.21.3 937 | Retrieves files from the web.
git 2.39.2,2.39.5 9256 git-man perl-base | A version control system.
git-man 2.39.2,2.39.5 2054 | Manual pages of git.
perl-base 5.36.0 1600 | A minimal Perl.
nginx 1.22.1,1.24.0 527 nginx-common | A small and fast web server.
nginx-common 1.22.1,1.24.0 112 | Files that web servers share.
vim 9.0.1378 1568 vim-common | An editor.
vim-common 9.0.1378 126 | Files that editors share.
nano 7.2 690 | A small editor.
htop 3.2.2 152 | Shows processes.
tree 2.1.0 52 | Lists folders as a tree.
jq 1.6,1.7.1 64 libjq1 | Reads and changes JSON.
libjq1 1.6,1.7.1 135 | Reads JSON, the library.
tmux 3.3a 455 | Several terminals in one.
rsync 3.2.7 417 | Copies files, quickly.
openssh-client 9.2p1 991 | Works on other machines.
openssh-server 9.2p1 456 openssh-client | Lets others work on this machine.
python3 3.11.2 26 python3-minimal | The Python language.
python3-minimal 3.11.2 26 | A minimal Python.
python3-pip 23.0.1 1325 python3 | Installs packages of Python.
python3-venv 3.11.2 1 python3 | Keeps packages of projects apart.
nodejs 18.19.0,20.18.1 320 | Runs JavaScript.
npm 9.2.0 743 nodejs | Installs packages of JavaScript.
docker-ce 20.10.24,26.1.5 36200 | Runs containers.
sqlite3 3.40.1 350 | A database in one file.
postgresql 15,16 10 postgresql-common | A database server.
postgresql-common 248,259 179 | Files that database servers share.
redis 7.0.15 23 | A store in memory.
ffmpeg 5.1.6,6.1.1 1700 | Converts sound and video.
imagemagick 6.9.11 16 | Converts images.
pandoc 2.17.1,3.1.3 25000 | Converts documents.
graphviz 2.42.2 541 | Draws graphs.
zip 3.0 232 | Packs files.
unzip 6.0 166 | Unpacks files.
p7zip-full 16.02 1500 | Packs files tightly.
build-essential 12.9 7 gcc make | Compilers and tools.
gcc 12.2.0,13.2.0 5 | A C compiler.
make 4.3 396 | Builds what has changed.
cmake 3.25.1,3.28.3 8700 | Writes build files.
gdb 13.1 3900 | A debugger.
traceroute 2.1.2 56 | Shows the way of packets.
dnsutils 9.18.28 160 | Asks name servers.
net-tools 2.10 243 | Older tools for networks.
iputils-ping 20221126 46 | Tests whether a host answers.
whois 5.5.17 81 | Asks who has a domain.
cron 3.0pl1 99 | Runs jobs at set times.
logrotate 3.21.0 61 | Keeps logs small.
ufw 0.36.2 168 | A firewall for people.
certbot 2.1.0 19 python3 | Gets certificates.
borgbackup 1.2.4 980 python3 | Keeps backups.
syncthing 1.19.2,1.27.2 7900 | Keeps folders the same.
calibre 6.13.0 32000 | Keeps books.
gimp 2.10.34 5200 | Edits images.
inkscape 1.2.2 21000 | Draws vector images.
libreoffice 7.4.7 43 | Texts, tables and slides.
vlc 3.0.21 102 | Plays sound and video.
hunspell 1.7.1 54 | Checks spelling.
ansible 7.7.0 16000 python3 | Sets up many machines.
"""

ALREADY_INSTALLED = {
    "pip": ("pip", "setuptools", "wheel", "requests", "python-dateutil", "pytest"),
    "npm": ("npm", "express", "prettier"),
    "yarn": ("dayjs",),
    "apt": (
        *("curl", "wget", "git", "nano", "openssh-client", "openssh-server", "python3-pip", "npm", "docker-ce", "cron"),
        "nginx",
    ),
}


@lru_cache(maxsize=1)
def load_registries() -> Mapping[str, tuple[Offer, ...]]:
    """What each registry offers."""
    return {"pip": _offers(_PIP), "npm": _offers(_NPM), "apt": _offers(_APT)}
