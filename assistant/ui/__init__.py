"""The chat page: Gradio draws what `render` and `cards` make of the assistant's events.

One page for each language of the interface. The conversation on the page lives in the reader's session
on the server; no word of it is kept in the browser. When the page is given a recorder, what is asked is
also stored under whoever asks, and she can open it again.
"""

from __future__ import annotations

import os

# Read by Gradio when it is imported and when a page is made: send nothing, and do not sum up the
# timing of every event in a data frame that nobody sees.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**12))

from assistant.ui.chat import Chat
from assistant.ui.mounting import hang_up, mount, theme

__all__ = ["Chat", "hang_up", "mount", "theme"]
