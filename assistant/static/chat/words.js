// What the modules of the chat page share: its words, where a screen reader hears it, templates, and
// requests about what is kept.

export const byId = (id) => document.getElementById(id);

export const words = JSON.parse(byId("ord").dataset.words);

export const filled = (name, values) =>
  Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), words[name]);

export const say = (text) => {
  const status = byId("status");
  if (status && text) status.textContent = text;
};

export const copyOf = (template) => byId(template).content.firstElementChild.cloneNode(true);

// Why a request failed, in words for the reader.
export class Trouble extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

// The service's answer; throws a Trouble with its own words, or ours where it had none.
export const request = async (address, options = {}) => {
  const headers = { "X-Requested-With": "anskaffelsesassistenten", ...options.headers };
  const response = await fetch(address, { ...options, headers }).catch(() => null);
  if (response?.ok) return response;
  const problem = response?.status < 500 ? await response.json().catch(() => null) : null;
  throw new Trouble(problem?.detail ?? words.past_failed, response?.status ?? 0);
};

// Call `work` whenever Gradio, or one of us, has drawn the conversation anew.
export const whenDrawn = (work) => {
  const begin = () => {
    const drawn = ["tidligere", "siste"].map(byId);
    if (!drawn.every(Boolean)) return false;
    const watcher = new MutationObserver(work);
    for (const each of drawn) watcher.observe(each, { childList: true, subtree: true, characterData: true });
    work();
    return true;
  };
  if (begin()) return;
  const waiting = new MutationObserver(() => begin() && waiting.disconnect());
  waiting.observe(document, { childList: true, subtree: true });
};
