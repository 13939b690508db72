# The developer's habits. `make check` is what CI runs besides the README's two commands.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: dev format lint types test check golden bench clean

dev: $(BIN)/ruff
	printf '#!/bin/sh\nexec make lint types\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit

$(BIN)/ruff:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -e '.[dev]'

format: $(BIN)/ruff
	$(BIN)/ruff format xsim tests benchmarks docs/*.py
	$(BIN)/ruff check --fix xsim tests benchmarks docs/*.py

lint: $(BIN)/ruff
	$(BIN)/ruff format --check xsim tests benchmarks docs/*.py
	$(BIN)/ruff check xsim tests benchmarks docs/*.py

types: $(BIN)/ruff
	$(BIN)/mypy

test: $(BIN)/ruff
	$(BIN)/python -m pytest

check: lint types test

golden: $(BIN)/ruff
	XSIM_GOLDEN=1 $(BIN)/python -m pytest

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
