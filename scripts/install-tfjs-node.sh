#!/usr/bin/env bash
# Builds @tensorflow/tfjs-node (native TensorFlow for training, several times faster than WebAssembly)
# on a network where its own installer's downloads are refused. Needs only the npm and Python package
# registries. The product never needs this and never needs Python: it is for training alone, which
# works without it on the wasm backend, slower.
#
# TensorFlow's Python wheel holds the same C library that tfjs-node's installer would fetch, so the
# wheel is downloaded, its library and headers are put where tfjs-node expects them, and the small
# binding between them and Node is compiled here.
#
#   scripts/install-tfjs-node.sh [folder]      (default: $RESIDUA_TFJS_NODE or ~/.cache/residua/tfjs-node)
#
# Linux x64, Node 20 or 22, pip, unzip (or python3), make and g++ 9 or newer; about 1.5 GB of disk.
# Node's headers come from Node's own prefix where they are there, otherwise node-gyp downloads them.
set -euo pipefail

tfjs_version=4.22.0
# The newest TensorFlow whose C library is proven with this tfjs-node and whose wheel still has it whole.
tensorflow_version=2.15.1

target=$(realpath -m "${1:-${RESIDUA_TFJS_NODE:-$HOME/.cache/residua/tfjs-node}}")
package=$target/package
entry=$package/dist/index.js
wheels=$target/wheels

say() { printf 'install-tfjs-node: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  fail "made for Linux x64; elsewhere use 'npm install @tensorflow/tfjs-node@$tfjs_version'"
fi
for tool in node npm make g++; do
  command -v "$tool" >/dev/null || fail "'$tool' is missing: install it and run this again"
done
if python3 -m pip --version >/dev/null 2>&1; then pip=(python3 -m pip)
elif command -v pip3 >/dev/null; then pip=(pip3)
elif command -v pip >/dev/null; then pip=(pip)
else fail "'pip' is missing: install python3-pip and run this again"
fi

loads() { node -e "
  const tf = require('$entry');
  const sum = tf.sum(tf.matMul(tf.ones([3, 4]), tf.ones([4, 5]))).dataSync()[0];
  if (sum !== 60) throw new Error('wrong product: ' + sum);
  console.error('tfjs-node ' + tf.version['tfjs-node'] + ', TensorFlow ' + require('$package/lib/napi-v8/tfjs_binding.node').TF_Version);
"; }

if [ -f "$entry" ] && loads 2>/dev/null; then
  say "already there and working: $target"
  exit 0
fi
mkdir -p "$wheels"

say "1/4 TensorFlow $tensorflow_version from the Python registry"
# The wheel is only unpacked, never installed, so its Python version need not be the one here.
"${pip[@]}" download --quiet --no-deps --dest "$wheels" --only-binary=:all: \
  --python-version 3.11 --implementation cp --abi cp311 \
  --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
  "tensorflow-cpu==$tensorflow_version"
wheel=$(find "$wheels" -name "tensorflow_cpu-$tensorflow_version-*.whl" -print -quit)
[ -n "$wheel" ] || fail "pip did not leave a wheel in $wheels"

say "2/4 @tensorflow/tfjs-node $tfjs_version from the npm registry"
rm -rf "$package"
(cd "$target" && npm pack --silent "@tensorflow/tfjs-node@$tfjs_version" >/dev/null)
tar -xzf "$target/tensorflow-tfjs-node-$tfjs_version.tgz" -C "$target"
# Without install scripts: they are what downloads from the refused host.
(cd "$package" && npm install --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >&2)

say "3/4 library and headers out of the wheel"
mkdir -p "$package/deps/lib"
unpacked=$target/unpacked
rm -rf "$unpacked"
members=('tensorflow/libtensorflow_cc.so.2' 'tensorflow/libtensorflow_framework.so.2' 'tensorflow/include/*')
if command -v unzip >/dev/null; then
  unzip -q "$wheel" "${members[@]}" -d "$unpacked"
else
  python3 - "$wheel" "$unpacked" "${members[@]}" <<'PYTHON'
import fnmatch, sys, zipfile
wheel, folder, *patterns = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            archive.extract(name, folder)
PYTHON
fi
mv "$unpacked"/tensorflow/lib*.so.2 "$package/deps/lib/"
mv "$unpacked/tensorflow/include" "$package/deps/include"
rm -rf "$unpacked"
ln -sf libtensorflow_cc.so.2 "$package/deps/lib/libtensorflow.so"
ln -sf libtensorflow_framework.so.2 "$package/deps/lib/libtensorflow_framework.so"

say "4/4 the binding"
npm_folder=$(npm root --global)/npm
gyp=$npm_folder/node_modules/node-gyp/bin/node-gyp.js
[ -f "$gyp" ] || fail "npm's own node-gyp is not at $gyp"
prefix=$(node -p 'path.resolve(process.execPath, "../..")')
nodedir=()
if [ -f "$prefix/include/node/node_api.h" ]; then nodedir=("--nodedir=$prefix"); fi
log=$target/build.log
if ! (cd "$package" && node "$gyp" rebuild "${nodedir[@]}" --module_name=tfjs_binding \
  "--module_path=$package/lib/napi-v8" --napi_build_version=8) >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  fail "the binding did not compile: see $log"
fi

loads || fail "built, but it does not load: see the message above"
rm -rf "$wheels" "$target"/tensorflow-tfjs-node-*.tgz
say "done: $target"
case $target in
  "$HOME/.cache/residua/tfjs-node") say "training finds it there by itself" ;;
  *) say "tell training about it: export RESIDUA_TFJS_NODE=$target" ;;
esac
