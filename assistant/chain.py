"""LangChain's home: the way from question to answer as a Runnable, and the retriever that others can reuse.

The language model of the settings is made here too, by LangChain's `init_chat_model`. An answer without a
model imports none of this.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler, CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessageChunk, HumanMessage, SystemMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ConfigDict, SecretStr

from assistant.errors import SettingsError
from assistant.llm import ModelTrouble, Piece
from assistant.prompting import Prompt
from assistant.settings import Settings
from assistant.types import Event, Question, Retrieval

Retrieve = Callable[[Question], Retrieval]
Compose = Callable[[Question, Retrieval], Iterator[Event]]


TRACING = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
"""Variables that make LangChain send every question to a service outside; ours name no such service."""


def stay_local() -> None:
    """Switch off LangChain's own tracing, whatever the environment says: nothing typed leaves the machine.

    Whoever wants a trace says so in `ASSISTANT_TRACING`, or passes callbacks in the chain's `config`.
    """
    for name in TRACING:
        os.environ[name] = "false"


def answer_chain(retrieve: Retrieve, compose: Compose) -> Runnable[Question, Event]:
    """Retriever → composer. `stream` yields the events of an answer, `invoke` gives the `Answer`."""
    stay_local()

    def find(question: Question) -> tuple[Question, Retrieval]:
        return question, retrieve(question)

    def write(found: tuple[Question, Retrieval]) -> Iterator[Event]:
        yield found[1]
        yield from compose(*found)

    return RunnableLambda(find, name="finn") | RunnableLambda(write, name="skriv")


PACKAGES = {
    "openai": "langchain-openai",
    "azure_openai": "langchain-openai",
    "ollama": "langchain-ollama",
    "mistralai": "langchain-mistralai",
    "anthropic": "langchain-anthropic",
}
"""The providers that are known here, and the package that each needs."""
_OPENAI = "https://api.openai.com/v1"
_WHOLE = frozenset(("stop", "end_turn", "stop_sequence"))


class LangChainModel:
    """A chat model of LangChain as the product sees it: a prompt in, pieces of text out."""

    def __init__(self, name: str, model: BaseChatModel, limit_name: str = "max_tokens") -> None:
        self.name = name
        self._model = model
        self._limit_name = limit_name

    def stream(self, prompt: Prompt, limit: int) -> Iterator[Piece]:
        """The pieces of the text, at most `limit` tokens.

        Raises:
            ModelTrouble: whatever the provider's client raises, with the time it is told to wait.
        """
        messages = [SystemMessage(prompt.system), HumanMessage(prompt.user)]
        finish = ""
        try:
            limited: dict[str, Any] = {self._limit_name: limit}
            for chunk in self._model.stream(messages, **limited):
                finish = _finish(chunk) or finish
                if chunk.text:
                    yield Piece(str(chunk.text))
        except ModelTrouble:
            raise
        except Exception as error:
            raise ModelTrouble(_reason(error), _retry_after(error)) from error
        yield Piece("", "stop" if finish in _WHOLE else finish)


def language_model(settings: Settings) -> LangChainModel:
    """The model that the settings name, made and not yet asked.

    Raises:
        SettingsError: the provider is unknown, its package is missing, or it refuses the settings.
    """
    stay_local()
    provider = settings.llm.partition(":")[0]
    if provider not in PACKAGES:
        known = ", ".join(PACKAGES)
        raise SettingsError(f"Ukjent leverandør i ASSISTANT_LLM: {provider}.", f"Bruk en av disse: {known}.")
    from langchain.chat_models import init_chat_model

    options = _options(provider, settings)
    try:
        model = init_chat_model(settings.llm, **options)
    except ImportError:
        package = PACKAGES[provider]
        raise SettingsError(
            f"ASSISTANT_LLM={settings.llm} trenger pakken {package}.",
            f"Installer den: pip install {package}.",
        ) from None
    except Exception as error:  # noqa: BLE001 - each provider checks its settings in its own way
        raise SettingsError(
            f"ASSISTANT_LLM={settings.llm} kan ikke brukes ({type(error).__name__}).", "Se docs/llm.md."
        ) from None
    return LangChainModel(settings.llm, model, "num_predict" if provider == "ollama" else "max_tokens")


def _options(provider: str, settings: Settings) -> dict[str, Any]:
    """What `init_chat_model` is told: one try, our deadlines, and no address or key but our own."""
    key, address = settings.llm_api_key, settings.llm_base_url
    options: dict[str, Any] = {}
    if settings.tracing:
        options["callbacks"] = listeners(settings.tracing)
    if settings.llm_temperature is not None:
        options["temperature"] = settings.llm_temperature
    if provider == "ollama":
        options["client_kwargs"] = {"timeout": settings.llm_first_seconds}
        return options | ({"base_url": address} if address else {})
    options |= {"timeout": settings.llm_first_seconds, "max_retries": 0}
    options["api_key"] = key if key.get_secret_value() else SecretStr("ingen")
    if provider == "azure_openai":
        return options | {"azure_endpoint": address}
    if provider == "openai":
        return options | {"base_url": address or _OPENAI, "use_responses_api": False, "streaming": True}
    return options | ({"base_url": address} if address else {})


def listeners(named: str) -> list[BaseCallbackHandler]:
    """What `module:callable` gives: one listener of LangChain's, or a list of them.

    Raises:
        SettingsError: there is no such callable, it fails, or it gives something else.
    """
    module, _, name = named.partition(":")
    remedy = "Skriv den som modul:funksjon, og installer pakken den ligger i. Se docs/llm.md."
    try:
        made = getattr(importlib.import_module(module), name)()
    except Exception as error:  # noqa: BLE001 - whatever somebody else's module does when it is imported
        raise SettingsError(
            f"ASSISTANT_TRACING={named} kan ikke brukes ({type(error).__name__}).", remedy
        ) from None
    found = made if isinstance(made, list) else [made]
    if not found or not all(isinstance(each, BaseCallbackHandler) for each in found):
        raise SettingsError(f"ASSISTANT_TRACING={named} gir ingen lytter for LangChain.", remedy)
    return found


def _finish(chunk: BaseMessageChunk) -> str:
    told = chunk.response_metadata
    return str(told.get("finish_reason") or told.get("stop_reason") or told.get("done_reason") or "")


def _reason(error: BaseException) -> str:
    status = getattr(error, "status_code", None)
    return f"http {status}" if isinstance(status, int) else type(error).__name__


def _retry_after(error: BaseException) -> float:
    """Seconds that the server asks us to wait; 0 when it names none."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", 0)))
    except (TypeError, ValueError):
        return 0.0


class CorpusRetriever(BaseRetriever):
    """The product's retrieval as a LangChain retriever, for use in other chains.

    Each document's `page_content` is a verbatim passage; its metadata holds `id`, `section_id`, `title`,
    `section`, `url`, `rank`, `valid_from`, `valid_to` and `score`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retrieve: Retrieve
    on: Callable[[], date]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[LangChainDocument]:
        del run_manager
        found = self.retrieve(Question(query, self.on()))
        return [
            LangChainDocument(
                id=hit.passage.id,
                page_content=hit.passage.text,
                metadata={
                    "id": hit.passage.id,
                    "section_id": hit.passage.section_id,
                    "title": hit.passage.source.title,
                    "section": hit.passage.heading,
                    "url": hit.passage.url,
                    "rank": hit.passage.rank.value,
                    "valid_from": hit.passage.valid_from,
                    "valid_to": hit.passage.valid_to,
                    "score": hit.score,
                },
            )
            for hit in found.hits
        ]
