# Every command sets up what it needs first: a virtual environment with locked, hashed dependencies.
BIN := .venv/bin

.PHONY: run test bench audit proof gallery check format lock words clean help

help:           ## what there is to do
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## ?/  /'

run: .venv/ready ## the whole product on this machine; ARGS="--check" walks it once and stops
	@exec $(BIN)/billing run $(ARGS)

test: .venv/ready ## every test; a browser is used when one is found
	@$(BIN)/python -m pytest -n 3 --no-loadscope-reorder $(ARGS)

bench: .venv/ready ## speed, as ratios against bare floors on the same server
	@$(BIN)/python -m tests.benchmarks $(ARGS)

audit: .venv/ready ## outside judges on a running product: Lighthouse, HTML, code; fetched into .cache once
	@$(BIN)/python -m tests.audit $(ARGS)

proof: .venv/ready ## the large reliability figures
	@PROOF=1 $(BIN)/python -m pytest -m proof -p no:randomly -s --timeout=1800 tests $(ARGS)

gallery: .venv/ready ## pictures of every page, light, dark, 320 px, printed and without scripts, into .cache/gallery
	@$(BIN)/python -m tests.gallery $(ARGS)

check: .venv/ready ## format, lint, types and templates; changes nothing
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/djlint templates app/sandbox/templates --check --lint --quiet

format: .venv/ready ## put the code in order
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . ; $(BIN)/djlint templates app/sandbox/templates --reformat --quiet

.venv/ready: requirements.txt pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 1; }
	@echo "Setting up .venv (once, about half a minute)"
	@python3 -m venv --clear .venv || { echo "python3 -m venv failed: install python3-venv"; exit 1; }
	@{ uv --version >/dev/null 2>&1 && UV_PYTHON_DOWNLOADS=never uv pip install -q --python $(BIN)/python --require-hashes -r requirements.txt 2>/dev/null; } \
	 || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q -j 0 .venv/lib app >/dev/null || true  # else each program compiles anew
	@touch $@

lock:           ## rewrite requirements.txt from pyproject.toml (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements.txt

words: .venv/ready ## every sentence of the pages, for translators; LOCALE=de makes or renews app/web/locales/de.po
	@mkdir -p .cache && $(BIN)/pybabel -q extract -F app/web/locales/extraction.cfg -k said -k counted:1,2 -k marked \
	  --add-location=never --sort-output --omit-header -o .cache/words.pot app templates
	@if [ -z "$(LOCALE)" ]; then cat .cache/words.pot; \
	 elif [ -f app/web/locales/$(LOCALE).po ]; then $(BIN)/pybabel update -l $(LOCALE) -i .cache/words.pot -o app/web/locales/$(LOCALE).po; \
	 else $(BIN)/pybabel init -l $(LOCALE) -i .cache/words.pot -o app/web/locales/$(LOCALE).po; fi

clean: ## forget the environment and all local data
	@if [ -x $(BIN)/billing ]; then $(BIN)/billing forget || true; fi
	@rm -rf .venv .data
