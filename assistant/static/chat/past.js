// The drawer of earlier conversations: find, open, rename, take home, delete. Beside the conversation on a
// wide screen, over it on a narrow one. The address names the open conversation, so a reload brings it back.
import { byId, copyOf, filled, request, say, whenDrawn, words } from "./words.js";

const ADDRESS = "/api/v1/conversations";
const PAGE = 50;
const drawer = byId("historikk");
const list = byId("historikk-liste");
const search = byId("historikk-sok");
const count = byId("historikk-antall");
const trouble = drawer.querySelector(".trouble");
const older = drawer.querySelector(".older");
const wide = matchMedia("(min-width: 90rem) and (min-height: 30rem)");

let shown = [];
let latest = 0;
let current = "";

// --- Showing and hiding ---
const buttons = () => document.querySelectorAll("[data-past]");

const tell = () => {
  for (const each of buttons()) each.setAttribute("aria-expanded", String(drawer.open));
};

export const toggle = () => {
  if (drawer.open) drawer.close();
  else {
    // Docked, it must not take the keyboard from the question; so not by `show`.
    if (wide.matches) drawer.setAttribute("open", "");
    else drawer.showModal();
    search.focus();
    refresh();
  }
  tell();
};

drawer.addEventListener("close", tell);
drawer.addEventListener("click", (event) => {
  const outside = event.target === drawer && drawer.matches(":modal") && event.offsetX > drawer.clientWidth;
  if (outside || event.target.closest("[data-shut]")) {
    drawer.close();
    if (!drawer.contains(document.activeElement) && document.activeElement !== document.body) return;
    buttons()[0]?.focus();
  }
});

wide.addEventListener("change", () => {
  if (drawer.open) drawer.close();
  if (wide.matches) dock();
});

const dock = () => {
  drawer.setAttribute("open", "");
  refresh();
  tell();
};

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-past]")) toggle();
});

// --- The list ---
const refresh = async (offset = 0) => {
  const mine = ++latest;
  const sought = search.value.trim();
  trouble.hidden = true;
  try {
    const query = new URLSearchParams({ q: sought, limit: PAGE, offset });
    const found = await (await request(`${ADDRESS}?${query}`)).json();
    if (mine !== latest) return;
    shown = offset ? [...shown, ...found] : found;
    draw(offset, found.length === PAGE, sought);
  } catch (error) {
    if (mine !== latest) return;
    trouble.firstElementChild.textContent = error.message;
    trouble.hidden = false;
    count.textContent = "";
  }
};

const draw = (offset, more, sought) => {
  const rows = shown.map(row);
  list.replaceChildren(...rows);
  older.hidden = !more;
  if (!shown.length) count.textContent = sought ? filled("past_not_found", { words: sought }) : words.past_none;
  else count.textContent = filled(more ? "past_found_more" : "past_found", { n: shown.length });
  if (offset) rows[offset]?.querySelector("button").focus();
  mark();
};

const row = (conversation) => {
  const made = copyOf("historikk-rad");
  const more = made.querySelector(".past-more");
  const acts = made.querySelector(".acts");
  made.dataset.id = conversation.id;
  made.querySelector(".past-title").textContent = conversation.title;
  made.querySelector(".past-when").textContent = when(conversation);
  more.setAttribute("aria-label", filled("past_options", { title: conversation.title }));
  for (const link of made.querySelectorAll("[data-format]")) {
    link.href = `${ADDRESS}/${conversation.id}/export?format=${link.dataset.format}`;
  }
  made.querySelector(".past-open").addEventListener("click", () => open(conversation.id));
  more.addEventListener("click", () => {
    acts.hidden = !acts.hidden;
    more.setAttribute("aria-expanded", String(!acts.hidden));
  });
  made.querySelector("[data-rename]").addEventListener("click", () => rename(made, conversation));
  made.querySelector("[data-delete]").addEventListener("click", () => remove(made, conversation));
  return made;
};

const when = ({ updated, turns, held }) => {
  const day = new Date(updated).toLocaleDateString("nb-NO", { day: "numeric", month: "long", year: "numeric" });
  const asked = turns === 1 ? words.past_turns_one : filled("past_turns", { n: turns });
  return [day, asked, ...(held ? [words.past_held] : [])].join(" · ");
};

const mark = () => {
  for (const each of list.children) {
    const button = each.querySelector(".past-open");
    if (each.dataset.id === current) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
};

let typing = 0;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(refresh, 250);
});
older.addEventListener("click", () => refresh(shown.length));
trouble.querySelector("[data-again]").addEventListener("click", () => refresh());

// --- What can be done with one ---
// A form in the row that asks once more; `send` throws what the reader should know.
const ask = (made, template, send) => {
  const form = copyOf(template);
  const problem = form.querySelector(".past-problem");
  const acts = made.querySelector(".acts");
  const done = () => {
    form.remove();
    acts.hidden = false;
  };
  const cancel = (from) => {
    done();
    acts.querySelector(from).focus();
  };
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    cancel(form.dataset.from);
  });
  form.querySelector("[data-cancel]").addEventListener("click", () => cancel(form.dataset.from));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      await send(form);
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  });
  acts.hidden = true;
  made.append(form);
  return form;
};

const rename = (made, conversation) => {
  const form = ask(made, "historikk-navn", async () => {
    const title = form.elements.title.value.trim();
    if (!title) throw new Error(words.rename_empty);
    const options = { method: "PATCH", body: JSON.stringify({ title }), headers: { "Content-Type": "application/json" } };
    const renamed = await (await request(`${ADDRESS}/${conversation.id}`, options)).json();
    shown = shown.map((each) => (each.id === renamed.id ? { ...each, title: renamed.title } : each));
    const again = row(shown.find((each) => each.id === renamed.id));
    made.replaceWith(again);
    mark();
    again.querySelector(".past-open").focus();
    count.textContent = words.renamed;
  });
  form.dataset.from = "[data-rename]";
  form.elements.title.value = conversation.title;
  form.elements.title.select();
};

const remove = (made, conversation) => {
  const form = ask(made, "historikk-slett", async () => {
    try {
      await request(`${ADDRESS}/${conversation.id}`, { method: "DELETE" });
    } catch (error) {
      if (error.status !== 404) throw error; // it is gone already
    }
    const next = made.nextElementSibling ?? made.previousElementSibling;
    shown = shown.filter((each) => each.id !== conversation.id);
    made.remove();
    (next?.querySelector(".past-open") ?? search).focus();
    count.textContent = shown.length ? words.deleted : `${words.deleted} ${words.past_none}`;
    if (conversation.id === current) byId("ny")?.click();
  });
  form.dataset.from = "[data-delete]";
  form.querySelector("[data-cancel]").focus();
};

// --- Opening one, and knowing which is open ---
let wanted = "";

const open = (id) => {
  const field = document.querySelector("#apne :is(input, textarea)");
  if (!field) return;
  wanted = id;
  if (drawer.matches(":modal")) drawer.close();
  field.value = id;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  // Gradio reads the field's value after its own update: press the button once that is done.
  requestAnimationFrame(() => setTimeout(() => byId("apne-na")?.click(), 0));
};

const named = () => /^#samtale-([0-9a-f]{32})$/.exec(location.hash)?.[1] ?? "";

const name = (id) => {
  const address = location.pathname + location.search + (id ? `#samtale-${id}` : "");
  if (id !== named()) history.replaceState(null, "", address);
  for (const link of document.querySelectorAll("#topp a[lang]")) link.hash = id ? `samtale-${id}` : "";
};

let whole = "";

whenDrawn(() => {
  const turn = document.querySelector("#siste .turn");
  const state = turn?.querySelector(".exchange").dataset.state ?? "";
  if (state === "running") return;
  const now = turn?.dataset.conversation ?? "";
  if (now && now === wanted) {
    wanted = "";
    turn.querySelector(".exchange").focus({ preventScroll: true });
  }
  const answer = turn?.dataset.answer ?? "";
  if (now === current && answer === whole) return;
  [current, whole] = [now, answer];
  if (begun) name(current);
  if (drawer.open && answer) refresh();
  mark();
});

// Gradio's page can be used once it has filled in the day.
let begun = false;

const ready = setInterval(() => {
  if (!document.querySelector("#dato input")?.value) return;
  clearInterval(ready);
  begun = true;
  if (named()) open(named());
  if (wide.matches) dock();
}, 50);
