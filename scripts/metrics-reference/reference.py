"""Reference values of PESQ, STOI and ESTOI for the pairs that write-wavs.ts wrote.

    python reference.py <folder> > test/fixtures/metrics/reference.json
"""

import importlib.metadata
import json
import os
import sys

import numpy as np
import soundfile
from pesq import pesq
from pystoi import stoi


def main(folder):
    with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
        index = json.load(file)
    pairs = {}
    for entry in index:
        path = os.path.join(folder, entry["name"])
        reference, rate = soundfile.read(path + ".reference.wav", dtype="float64")
        degraded, _ = soundfile.read(path + ".degraded.wav", dtype="float64")
        values = {"fingerprint": entry["fingerprint"]}
        values["pesqWb"] = round(float(pesq(rate, reference, degraded, "wb")), 6)
        # pystoi needs equal lengths; PESQ aligns by itself.
        if len(reference) == len(degraded):
            np.random.seed(0)  # pystoi's ESTOI adds noise of one machine epsilon
            values["stoi"] = round(float(stoi(reference, degraded, rate)), 8)
            values["estoi"] = round(float(stoi(reference, degraded, rate, extended=True)), 8)
        pairs[entry["id"]] = values
        print(entry["id"], values, file=sys.stderr)
    packages = ("pesq", "pystoi", "numpy", "scipy")
    versions = {name: importlib.metadata.version(name) for name in packages}
    lines = [f'    {json.dumps(key)}: {json.dumps(value)}' for key, value in pairs.items()]
    print('{\n  "packages": ' + json.dumps(versions) + ',\n  "pairs": {')
    print(",\n".join(lines))
    print("  }\n}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
