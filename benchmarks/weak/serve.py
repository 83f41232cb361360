"""Serves a small real model over the OpenAI protocol with llama.cpp: `python serve.py FILE.gguf PORT`.

Runs in an environment of its own (`make test-llm` makes it), since nothing else here needs the two packages.
"""

import sys
import time

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.hostnames = ["127.0.0.1"]
params.port = int(sys.argv[2])
params.n_ctx = 8192
params.n_parallel = 1
params.cpuparams.n_threads = int(sys.argv[3]) if len(sys.argv) > 3 else 2
server = xllamacpp.Server(params)
sys.stdout.write(f"{server.listening_address}\n")
sys.stdout.flush()
while True:
    time.sleep(1)
