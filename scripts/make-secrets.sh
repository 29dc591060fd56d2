#!/usr/bin/env bash
# Makes the three Secrets that a release of the chart waits for, with kubectl:
#
#   <fullname>-auth     tokens.json: hashes of the tokens of `helm test` (smoke) and of backups;
#                       user-NAME.json: the hash of a token made with --user
#   <fullname>-store    password of the store
#   <fullname>-client   smoke, backup: those two tokens in plain, for the pods that call the server
#
# What exists is left alone, so it may run again. No token is written to disk, to a command line or to
# the terminal, except that of --user, which is printed once.
#
#   make-secrets.sh [--namespace NS] (--release NAME | --fullname NAME)
#                   [--user NAME [--tenant TENANT] [--scopes read,write]]
#                   [--rotate [--grace SECONDS]] [--rotate-store | --store-password-file FILE]
#
#   --release       name of the release; the full name follows as in the chart
#   --fullname      full name of the release's objects, as NOTES print it
#   --user          make a token for a caller, in the tenant of its name unless --tenant says otherwise
#   --rotate        new tokens for smoke and backup (with --user: for that caller instead); the old ones
#                   stay valid for --grace seconds (180), until kubelets have brought the new ones, which
#                   takes up to two minutes and not the same time on each node
#   --rotate-store  a new password; store and servers take it up within two minutes, without a restart, and
#                   the store takes the old one as well until the next rotation.
#                   For the chart's own store: a password of an external one is changed there, then here
#   --store-password-file
#                   the password of an external store (- reads it from a pipe), also in place of the one before
set -euo pipefail

usage() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; }
die() { printf 'make-secrets: %s\n' "$*" >&2; exit 1; }
say() { printf 'make-secrets: %s\n' "$*" >&2; }

namespace='' fullname='' user='' tenant='' scopes=read,write rotate='' rotate_store='' grace=180
password_file=''
while (( $# )); do
  case $1 in
    --namespace | -n) namespace=${2:?--namespace needs a name}; shift ;;
    --release)
      release=${2:?--release needs a name}; shift
      fullname=$release; [[ $release == *networkx-mcp* ]] || fullname=$release-networkx-mcp
      fullname=${fullname:0:46}; fullname=${fullname%-} ;;
    --fullname) fullname=${2:?--fullname needs a name}; shift ;;
    --user) user=${2:?--user needs a name}; shift ;;
    --tenant) tenant=${2:?--tenant needs a name}; shift ;;
    --scopes) scopes=${2:?--scopes needs a list}; shift ;;
    --grace) grace=${2:?--grace needs seconds}; shift ;;
    --rotate) rotate=1 ;;
    --rotate-store) rotate_store=1 ;;
    --store-password-file) password_file=${2:?--store-password-file needs a file}; shift ;;
    --help | -h) usage; exit ;;
    *) die "unknown argument $1; --help lists them" ;;
  esac
  shift
done
[[ -n $fullname ]] || die "--release or --fullname is missing; --help says more"
[[ $grace =~ ^[0-9]+$ ]] || die "--grace takes seconds, not $grace"
[[ -z $user || $user =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$ ]] || die "--user takes letters, digits, . _ and -, not $user"
tenant=${tenant:-$user}
[[ -z $tenant || $tenant =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]] || die "--tenant takes letters, digits, . _ and -, not $tenant"
[[ $scopes =~ ^(read|write|admin)(,(read|write|admin))*$ ]] || die "--scopes takes read, write and admin, not $scopes"
[[ -z $rotate_store || -z $password_file ]] || die "--rotate-store makes a password, --store-password-file names one: choose"
password=''
if [[ -n $password_file ]]; then
  [[ $password_file == - || -r $password_file ]] || die "--store-password-file: $password_file cannot be read"
  password=$(cat -- "$password_file")
  [[ -n $password ]] || die "--store-password-file: $password_file is empty"
fi
command -v kubectl >/dev/null || die "kubectl is missing: https://kubernetes.io/docs/tasks/tools/"
command -v openssl >/dev/null || die "openssl is missing"

k() { kubectl ${namespace:+--namespace "$namespace"} "$@"; }
# printf is part of the shell, so what it is given appears in no process list.
b64() { printf %s "$1" | openssl base64 -A; }
random() { openssl rand 32 | openssl base64 -A | tr '+/' '-_' | tr -d '='; }
token() { printf 'nmcp_%s' "$(random)"; }
digest() { printf %s "$1" | openssl dgst -sha256 -r | cut -d ' ' -f 1; }
entry() { # NAME TOKEN TENANT SCOPES: what the server keeps of a token
  printf '{"name": "%s", "sha256": "%s", "tenant": "%s", "scopes": ["%s"], "expires": null}\n' \
    "$1" "$(digest "$2")" "$3" "${4//,/\", \"}"
}
expiring() { # ENTRIES: those without an end, ending soon
  local at=$(( $(date +%s) + grace )) end
  end=$(date -u -d "@$at" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$at" +%Y-%m-%dT%H:%M:%SZ)
  printf '%s\n' "$1" | sed -n 's/"expires": null}/"expires": "'"$end"'"}/p'
}
exists() { k get secret "$1" -o name >/dev/null 2>&1; }
value() { # SECRET KEY: a value in plain; empty when there is none
  k get secret "$1" -o go-template="{{with index .data \"$2\"}}{{base64decode .}}{{end}}"
}
pairs() { # KEY VALUE...: the members of a JSON object of data
  local separator=''
  while (( $# )); do printf '%s"%s": "%s"' "$separator" "$1" "$(b64 "$2")"; separator=', '; shift 2; done
}
create() { # SECRET KEY VALUE...
  local name=$1; shift
  printf '{"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": {"name": "%s", "labels": {"app.kubernetes.io/part-of": "networkx-mcp"}}, "data": {%s}}' \
    "$name" "$(pairs "$@")" | k create -f - >/dev/null
  say "made $name"
}
set_values() { # SECRET KEY VALUE...
  local name=$1; shift
  printf '{"data": {%s}}' "$(pairs "$@")" | k patch secret "$name" --type=merge --patch-file=/dev/stdin >/dev/null
  say "changed $name"
}

auth=$fullname-auth store=$fullname-store client=$fullname-client

# The two Secrets of one token belong together: a half that is lost is made again with the other.
if ! exists "$auth" || ! exists "$client" || [[ -n $rotate && -z $user ]]; then
  smoke=$(token) backup=$(token)
  entries=$(entry smoke "$smoke" smoke read,write; entry backup "$backup" backup admin)
  if exists "$auth"; then
    old=$(value "$auth" tokens.json)
    set_values "$auth" tokens.json "$entries"$'\n'"$(expiring "$old")"
  else
    create "$auth" tokens.json "$entries"
  fi
  if exists "$client"; then
    set_values "$client" smoke "$smoke" backup "$backup"
  else
    create "$client" smoke "$smoke" backup "$backup"
  fi
else
  say "$auth and $client are there"
fi

if ! exists "$store"; then
  create "$store" password "${password:-$(random)}"
elif [[ -n $password ]]; then
  set_values "$store" password "$password"
elif [[ -n $rotate_store ]]; then
  k get statefulset "$store" -o name >/dev/null 2>&1 ||
    die "there is no statefulset $store: change the password in your store, then give it with --store-password-file"
  set_values "$store" password "$(random)" previous "$(value "$store" password)"
else
  say "$store is there"
fi

if [[ -n $user ]]; then
  old=$(value "$auth" "user-$user.json")
  if [[ -n $old && -z $rotate ]]; then
    say "$user has a token; --rotate replaces it"
  else
    new=$(token)
    set_values "$auth" "user-$user.json" "$(entry "$user" "$new" "$tenant" "$scopes")"$'\n'"$(expiring "$old")"
    say "the token of $user, tenant $tenant, scopes $scopes; it is shown this once:"
    printf '%s\n' "$new"
  fi
fi
