"""Everything that can go wrong by accident, with what to do about it.

AssistantError
├── SettingsError          a setting is unknown, malformed or contradicts another
├── CorpusError            a document cannot be read, or breaks the rules of the corpus
├── ModelError             the embedding model cannot be built or does not match its manifest
├── IndexError_
│   ├── IndexMissing       there is no published build
│   ├── IndexMismatch      the build was made with other settings or another format
│   └── IndexBroken        a file of the build is missing or damaged
├── InputError             the question cannot be taken as it is
└── EnvironmentProblem     the machine is in the way: port in use, folder not writable

An expected outcome is not an error: see `types.AnswerStatus`.
"""

from __future__ import annotations


class AssistantError(Exception):
    """Base of all errors; `str()` is a Norwegian sentence for the person, `remedy` says what to do."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class SettingsError(AssistantError):
    """A setting is unknown, malformed or contradicts another."""


class CorpusError(AssistantError):
    """A document cannot be read, or breaks the rules of the corpus."""


class ModelError(AssistantError):
    """The embedding model cannot be built, or a file differs from its manifest."""


class IndexError_(AssistantError):
    """Base of the errors about the published build."""


class IndexMissing(IndexError_):
    """There is no published build in `var/index`."""

    def __init__(self, where: str) -> None:
        super().__init__(f"Det finnes ingen indeks i {where}.", "Kjør `assistant index`.")


class IndexMismatch(IndexError_):
    """The build was made with something else than the settings ask for."""

    def __init__(self, what: str, built: str, wanted: str) -> None:
        super().__init__(
            f"Indeksen er bygget med {what}={built!r}, men innstillingene ber om {wanted!r}.",
            "Kjør `assistant index`.",
        )


class IndexBroken(IndexError_):
    """A file of the build is missing or damaged."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Indeksen er skadet: {what}.", "Kjør `assistant index`.")


class InputError(AssistantError):
    """The question cannot be taken as it is: empty, too long, or not text."""


class EnvironmentProblem(AssistantError):
    """The machine is in the way: a port in use, a folder that cannot be written."""
