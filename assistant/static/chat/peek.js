// The quote behind a marker, while the pointer or the keyboard is on it; a press leads to the panel instead.
import { quotes } from "../embed/quotes.js";
import { byId, words } from "./words.js";

const begin = () => {
  const log = byId("rulle");
  if (!log) return false;
  const cards = quotes(log, words, { stays: false });
  // Before the page's own use of Escape: what lies on top is put away first, and a dialog
  // lies over this.
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || document.querySelector("dialog:modal")) return;
      if (cards.escape()) event.preventDefault();
    },
    true,
  );
  return true;
};

if (!begin()) {
  const waiting = new MutationObserver(() => begin() && waiting.disconnect());
  waiting.observe(document, { childList: true, subtree: true });
}
