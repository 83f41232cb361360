// The quote behind a marker: shown while the pointer or the focus is on it, and kept open by a press where
// it `stays`; elsewhere a press leads on, and puts it away.

const SLOW = 150;
const GRACE = 250;

const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");

// What stands between the marker before and this one: the sentence that it belongs to.
const sentence = (marker) => {
  let text = "";
  let before = marker.closest(".cites")?.previousSibling;
  for (; before && !before.classList?.contains("cites"); before = before.previousSibling) {
    text = before.textContent + text;
  }
  return letters(text);
};

// A source may be quoted several times: point out the quote of this sentence, and lead the link to that one.
const pointOut = (card, marker) => {
  const said = sentence(marker);
  const all = [...card.querySelectorAll(".quote p")];
  // A row of a table is said with the names of its columns between the cells.
  const stands = (each) => each.textContent.split(/[:·]/).every((part) => said.includes(letters(part)));
  const length = (each) => (stands(each) ? letters(each.textContent).length : 0);
  const place = all.reduce((best, each, i) => (length(each) > (best < 0 ? 0 : length(all[best])) ? i : best), -1);
  if (place < 0) return;
  all[place].classList.add("said");
  const link = card.querySelector(".links a");
  const there = new URL(link.href);
  const asked = there.searchParams.getAll("sitat");
  if (asked.length !== all.length || there.origin !== location.origin) return;
  there.searchParams.delete("sitat");
  there.searchParams.append("sitat", asked[place]);
  link.href = there.pathname + there.search + there.hash;
};

export const quotes = (log, words, { stays = true } = {}) => {
  const card = document.createElement("div");
  card.className = "quotecard";
  card.tabIndex = -1;
  card.setAttribute("role", "dialog");
  let marker = null;
  let pinned = false;
  let returning = false; // the focus comes back from the card: do not open it again
  let timer = 0;

  const hide = () => {
    clearTimeout(timer);
    marker?.setAttribute("aria-expanded", "false");
    card.remove();
    marker = null;
    pinned = false;
  };

  const show = (from) => {
    clearTimeout(timer);
    if (marker === from && card.isConnected) return true;
    hide();
    const source = document.getElementById(from.dataset.cite);
    if (!source) return false;
    const title = source.querySelector("h3");
    const number = title.querySelector(".n")?.textContent ?? "";
    const parts = [title, ...source.querySelectorAll(":scope > .title, :scope > .tags, :scope > .quote, :scope > .links")];
    card.replaceChildren(...parts.map((part) => part.cloneNode(true)), ...(stays ? [closer()] : []));
    pointOut(card, from);
    card.setAttribute("aria-label", words.quote.replace("{n}", number));
    const answer = from.closest(".answer");
    answer.append(card);
    const [line, frame] = [from.getBoundingClientRect(), answer.getBoundingClientRect()];
    card.style.top = `${line.bottom - frame.top + 6}px`;
    marker = from;
    marker.setAttribute("aria-expanded", "true");
    return true;
  };

  const closer = () => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "icon close";
    button.setAttribute("aria-label", words.close_quote);
    button.addEventListener("click", back);
    return button;
  };

  const back = () => {
    const to = marker;
    hide();
    returning = true;
    to?.focus({ preventScroll: true });
    returning = false;
  };

  const at = (event) => (event.target instanceof Element ? event.target.closest(".cite") : null);
  const later = () => {
    clearTimeout(timer);
    if (!pinned) timer = setTimeout(hide, GRACE);
  };

  log.addEventListener("click", (event) => {
    const from = at(event);
    if (from && !stays) return hide();
    if (!from || !show(from)) return;
    pinned = true;
    card.focus({ preventScroll: true });
    log.scrollTop += Math.max(0, card.getBoundingClientRect().bottom - log.getBoundingClientRect().bottom + 8);
  });
  log.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch" || pinned) return;
    const from = at(event);
    if (from) {
      clearTimeout(timer);
      timer = setTimeout(() => show(from), SLOW);
    } else if (card.contains(event.target)) clearTimeout(timer);
    else if (marker || timer) later();
  });
  log.addEventListener("pointerleave", later);
  log.addEventListener("focusin", (event) => {
    const from = at(event);
    if (returning) return;
    if (from && !pinned && from.matches(":focus-visible")) show(from);
    else if (marker && !card.contains(event.target) && event.target !== marker) hide();
  });
  document.addEventListener("pointerdown", (event) => {
    if (pinned && !card.contains(event.target) && !at(event)) hide();
  });

  return {
    hide,
    // Escape: whether there was a card to close.
    escape() {
      if (!card.isConnected) return false;
      if (card.contains(document.activeElement)) back();
      else hide();
      return true;
    },
  };
};
