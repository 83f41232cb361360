"""Reviewed data that lies beside the documents of a corpus (`scope.yaml`, `facts.yaml`), read and checked."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel

from assistant.errors import CorpusError

Model = TypeVar("Model", bound=BaseModel)


def read(path: Path, model: type[Model]) -> Model | None:
    """The content of a YAML file as a `model`; None when there is no such file.

    Raises:
        CorpusError: the file cannot be read, or is not in the form of the model.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return model.model_validate(content)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CorpusError(f"{path} kan ikke leses ({error}).", "Se corpus/README.md.") from error
