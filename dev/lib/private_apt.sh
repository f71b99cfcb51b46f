#!/usr/bin/env bash
# Part of dev/setup.sh: packages from other suites of the machine's own Debian source, fetched but never installed.

distribution() { (. /etc/os-release && echo "${VERSION_CODENAME:-unknown}"); }

# private_apt TYPES SUITES…: an apt folder of our own (APT_OPTIONS) with the machine's own Debian source turned to other
# suites. The machine's own configuration stays as it is, and the set-up names no package host.
private_apt() {
    local types=$1 suites="${*:2}" folder=$CACHE/apt file entry=''
    local stable
    stable="($(distribution)|stable|oldstable)"
    rm -rf "$folder"
    mkdir -p "$folder/sources" "$folder/lists/partial" "$folder/cache/archives/partial"
    # Debian's own files first: another publisher's entry may bear the same suite.
    for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list /etc/apt/sources.list.d/*; do
        if [ ! -r "$file" ] || [ -n "$entry" ]; then continue; fi
        case $file in
        *.sources)
            entry=$(awk -v RS= -v pattern="(^|\n)Suites:([^\n]* )?$stable( |\n|$)" \
                '$0 ~ pattern && !/(^|\n)Enabled: *no/ { print; exit }' "$file" |
                sed -E "/^#/d; s/^Types:.*/Types: $types/; s/^Suites:.*/Suites: $suites/; s/^Components:.*/Components: main/")
            [ -z "$entry" ] || echo "$entry" >"$folder/sources/own.sources"
            ;;
        *.list)
            entry=$(sed -nE "s/^deb((\s+\[[^]]*\])?\s+\S+)\s+$stable\s.*\bmain\b.*/\1/p" "$file" | head -n 1)
            local suite
            for suite in $suites; do
                [ -z "$entry" ] || echo "$types$entry $suite main" >>"$folder/sources/own.list"
            done
            ;;
        esac
    done
    [ -n "$entry" ] || fail "no Debian package source for $(distribution) found in /etc/apt; add one, or set ODOO_HOME to an Odoo 19 you have."
    # A mirror may lag behind: its lists are signed, and their age does not matter here.
    APT_OPTIONS=(-oAcquire::Check-Valid-Until=false -oAcquire::Languages=none -oAPT::Default-Release=
        -oAPT::Sandbox::User=root -oDir::Etc::sourcelist=/dev/null "-oDir::Etc::sourceparts=$folder/sources"
        "-oDir::State::Lists=$folder/lists" "-oDir::Cache=$folder/cache")
    logged apt-get "${APT_OPTIONS[@]}" update || fail "Debian's package lists could not be fetched (no network?); see $SETUP_LOG."
}
