// Shortcuts, and the list of them. Those of one key are quiet while the reader writes, and can be put out of
// use altogether; that choice is all that is kept in the browser.
import { byId } from "./words.js";

const dialog = byId("snarveier");
const box = byId("snarveier-pa");
const CHOICE = "snarveier";

// A browser may forbid storage; the choice then holds for as long as the page is open.
const chosen = () => {
  try {
    return localStorage.getItem(CHOICE) !== "av";
  } catch {
    return true;
  }
};
box.checked = chosen();

box.addEventListener("change", () => {
  try {
    if (box.checked) localStorage.removeItem(CHOICE);
    else localStorage.setItem(CHOICE, "av");
  } catch {
    // as above
  }
});

const list = () => (dialog.open ? dialog.close() : dialog.showModal());

const field = () => document.querySelector("#sporsmal textarea");

const sources = () => {
  byId("arbeid").removeAttribute("data-closed");
  const group = document.querySelector("#panel .sources-of:not([hidden])");
  const card = group?.querySelector(".card.chosen") ?? group?.querySelector(".card");
  card?.scrollIntoView({ block: "nearest" });
  card?.focus({ preventScroll: true });
};

const DOES = {
  "?": list,
  "/": () => field()?.focus(),
  k: sources,
};
if ("kept" in dialog.dataset) {
  DOES.h = () => document.querySelector("[data-past]")?.click();
  DOES.n = () => (byId("ny")?.click(), field()?.focus());
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  const writing = event.target.closest?.("textarea, select, [contenteditable], input:not([type=checkbox])");
  const does = DOES[event.key.length === 1 ? event.key.toLowerCase() : ""];
  if (!does || writing || !box.checked || event.repeat) return;
  if (document.querySelector("dialog:modal") && !(event.key === "?" && dialog.open)) return;
  event.preventDefault();
  does();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-keys]")) list();
  else if (event.target === dialog || event.target.closest?.("#snarveier [data-shut]")) dialog.close();
});
