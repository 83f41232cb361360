// The conversation on the widget's page: sends questions, shows what the server draws, and keeps it through a
// reload. Everything that stands on the page is made as elements; see nodes.js.

import { ask, Trouble } from "./asking.js";
import { feedback } from "./feedback.js";
import { connect } from "./frame.js";
import { recall, remember } from "./memory.js";
import { build, patch } from "./nodes.js";
import { quotes } from "./quotes.js";
import { paint } from "./theme.js";

const REMEMBERED_TURNS = 6;
const byId = (id) => document.getElementById(id);
const root = document.documentElement;
root.classList.add("js");
const words = JSON.parse(document.body.dataset.words);
const [log, shown, form, field, day] = ["samtale", "svar", "skjema", "sporsmal", "dato"].map(byId);
const [send, stop, problem, welcome] = ["send", "stopp", "feil", "velkommen"].map(byId);
const cards = quotes(log, words);

let exchanges = recall();
let running = null; // the AbortController of the question under way

const say = (text) => {
  const status = byId("status");
  if (text && status.textContent !== text) status.textContent = text;
};
const complain = (text) => {
  problem.textContent = text;
  problem.hidden = !text;
};

const open = (anew) => {
  welcome.hidden = !anew;
  root.classList.toggle("begun", !anew);
};

// --- Drawing ---
const element = (exchange) => byId(`svar-${exchange.number}`);

const begun = ({ number, question }) => [
  "article",
  { class: "exchange", id: `svar-${number}`, tabindex: "-1", "data-state": "running" },
  [
    ["h2", { class: "asked" }, [["span", { class: "sr" }, [`${words.you}: `]], question]],
    ["div", { class: "answer" }, [["p", { class: "progress" }, [["span", { class: "dots", "aria-hidden": "true" }, []], words.searching]]]],
  ],
];

const draw = (exchange) => {
  cards.hide();
  const there = element(exchange);
  const [, attributes, children] = exchange.node;
  if (there) {
    patch(there, children);
    there.dataset.state = attributes["data-state"];
  } else shown.append(build(exchange.node));
  if (exchange.state !== "running") dress(exchange);
};

const toTop = (exchange) => {
  if (getComputedStyle(log).overflowY !== "auto") return exchange.scrollIntoView();
  const [inside, outside] = [exchange, log].map((each) => each.getBoundingClientRect().top);
  log.scrollTop += inside - outside - 16;
};

// What only a script can do with an answer: try again, or say what it was worth.
const dress = (exchange) => {
  const answer = element(exchange).querySelector(".answer");
  const tools = answer.querySelector(".tools");
  if (exchange.state === "done") {
    if (tools) judge(tools, exchange.id);
    return;
  }
  const again = document.createElement("p");
  again.className = "tools again";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tool";
  button.textContent = words.retry;
  button.addEventListener("click", () => run({ ...exchange, state: "running", node: begun(exchange) }));
  again.append(button);
  answer.append(again);
};

const judge = feedback(words, say, (verdict) => outside.tell("feedback", { verdict }));

// The exchange as it stood, ended by us instead of by the server.
const ended = (exchange, state, css, text) => {
  const [tag, attributes, [asked, answer, ...rest]] = exchange.node;
  const parts = answer[2].filter((part) => part[1]?.class !== "progress");
  const body = ["div", answer[1], [...parts, ["p", { class: css }, [text]]]];
  return { ...exchange, state, node: [tag, { ...attributes, "data-state": state }, [asked, body, ...rest]] };
};

// --- Asking ---
const chosenDay = () => {
  const written = day.value.trim();
  if (!written || written === day.dataset.today) return null;
  const [, d, m, y] = /^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})$/.exec(written) ?? [];
  const iso = d ? `${y}-${m.padStart(2, "0")}-${d.padStart(2, "0")}` : written;
  const real = /^\d{4}-\d{2}-\d{2}$/.test(iso) && new Date(iso);
  if (!real || Number.isNaN(real.valueOf()) || real.toISOString().slice(0, 10) !== iso) {
    throw new Error(words.bad_date.replace("{value}", written));
  }
  return iso;
};

const begin = (text) => {
  if (running) return;
  complain("");
  const question = text.trim();
  try {
    if (!question) throw new Error(words.empty_question);
    const number = (exchanges.at(-1)?.number ?? shown.querySelectorAll(".exchange").length) + 1;
    const exchange = { number, question, on: chosenDay(), state: "running" };
    field.value = "";
    run({ ...exchange, node: begun(exchange) });
  } catch (error) {
    complain(error.message);
    field.focus();
  }
};

const run = async (exchange) => {
  if (running) return;
  const mine = (running = new AbortController());
  const earlier = exchanges.filter((each) => each.number < exchange.number && each.text);
  const history = earlier.slice(-REMEMBERED_TURNS).map(({ question, text }) => ({ question, answer: text }));
  const later = exchanges.filter((each) => each.number > exchange.number);
  const keep = (now) => {
    exchange = now;
    exchanges = [...exchanges.filter((each) => each.number < now.number), now, ...later];
    draw(now);
  };
  busy(true);
  open(false);
  keep(exchange);
  say(words.searching);
  toTop(element(exchange));
  try {
    const draw = { language: root.lang, number: exchange.number };
    const body = { question: exchange.question, on: exchange.on, history, draw };
    let listed = [];
    for await (const { nodes, sources, state, said, id, status, text, cited } of ask(body, mine.signal)) {
      const [[tag, attributes, children]] = nodes;
      listed = sources ?? listed;
      keep({ ...exchange, node: [tag, attributes, [...children, ...listed]], state, id, text });
      if (state === "running") continue;
      busy(false); // the answer is whole: what is pressed now counts, before the line is closed
      say(said);
      if (state === "done") outside.tell("answer", { status, sources: cited });
      else outside.tell("error", { reason: "failed" });
    }
  } catch (error) {
    if (exchange.state === "running") keep(stopped(exchange, error, mine.signal));
  }
  if (running === mine) busy(false);
  remember(exchanges);
};

const stopped = (exchange, error, signal) => {
  if (signal.aborted) {
    const came = JSON.stringify(exchange.node).includes('"body"');
    const text = came ? words.stopped : words.stopped_empty;
    say(text);
    return ended(exchange, "stopped", "stopped", text);
  }
  const trouble = error instanceof Trouble ? error : new Trouble("lost");
  const text = trouble.detail || (words[trouble.reason] ?? words.failed).replace("{n}", trouble.wait);
  say(text);
  outside.tell("error", { reason: trouble.reason });
  return ended(exchange, "failed", "failure", text);
};

const busy = (on) => {
  const away = document.activeElement === (on ? send : stop) || document.activeElement === document.body;
  if (!on) running = null;
  log.setAttribute("aria-busy", String(on));
  send.hidden = on;
  stop.hidden = !on;
  // The button that was pressed is gone: never leave the keyboard nowhere.
  if (away) (matchMedia("(pointer: fine)").matches ? field : shown.lastElementChild)?.focus({ preventScroll: true });
};

const startOver = () => {
  running?.abort();
  cards.hide();
  exchanges = [];
  shown.replaceChildren();
  open(true);
  remember(exchanges);
  complain("");
  log.scrollTop = 0;
  field.focus();
};

// --- Copying ---
const copy = async (button) => {
  const { copy: text, copied, failed } = button.dataset;
  const label = button.textContent;
  const done = await navigator.clipboard.writeText(text).then(() => true, () => byHand(text));
  button.textContent = done ? copied : failed;
  say(button.textContent);
  setTimeout(() => (button.textContent = label), 2500);
};

// The clipboard is shut to frames on other sites and to pages without https; this way is open.
const byHand = (text) => {
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "sr";
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
};

// --- What the reader does ---
form.noValidate = true; // an empty field is told in the language of the page
if (!CSS.supports("field-sizing", "content")) {
  field.addEventListener("input", () => (field.rows = Math.min(6, Math.ceil(field.scrollHeight / 26))));
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  begin(event.submitter?.name === "choice" ? event.submitter.value : field.value);
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  begin(field.value);
});
// An answer that is being made may yet change: its buttons are asked for here, not one by one.
log.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
stop.addEventListener("click", () => running?.abort());
byId("ny").addEventListener("click", startOver);
byId("velg-dato").addEventListener("click", () => {
  const picker = byId("kalender");
  picker.value = day.value.replace(/^(\d\d)\.(\d\d)\.(\d{4})$/, "$3-$2-$1");
  picker.showPicker?.();
});
byId("kalender").addEventListener("change", (event) => {
  if (event.target.value) day.value = event.target.value.split("-").reverse().join(".");
  day.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (cards.escape()) return;
  if (running) running.abort();
  else outside.tell("close");
});

// --- The page around this one ---
const outside = connect(document.body.dataset.ancestors.split(" ").filter(Boolean), {
  open: () => field.focus(),
  ask: ({ text }) => begin(text),
  theme: paint,
  locale({ lang }) {
    if (lang === root.lang) return;
    const there = new URL(location.href);
    there.searchParams.set("lang", lang);
    location.replace(there);
  },
  context({ date, examples }) {
    if (date) day.value = date.split("-").reverse().join(".");
    if (!examples?.length) return;
    const chip = byId("eksempler").firstElementChild;
    byId("eksempler").replaceChildren(
      ...examples.map((question) => {
        const offered = chip.cloneNode(false);
        offered.value = offered.textContent = question;
        return offered;
      }),
    );
  },
});
if (outside.framed) {
  const close = byId("lukk");
  close.hidden = false;
  close.addEventListener("click", () => outside.tell("close"));
}

// --- Where the reader left off ---
if (shown.childElementCount) exchanges = []; // the server answered the plain form
try {
  for (const each of exchanges) draw(each);
} catch {
  exchanges = []; // what lay in the tab was not ours
  shown.replaceChildren();
  remember(exchanges);
}
if (shown.childElementCount) {
  open(false);
  toTop(shown.lastElementChild);
}
root.dataset.ready = "";
