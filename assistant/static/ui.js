// What the chat page does in the browser: follow a marker to its source, ask a suggested question,
// copy an answer, tell a screen reader how it goes. Gradio does the rest.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const wide = matchMedia("(min-width: 60rem) and (min-height: 30rem)");
  let lastMarker = null;

  const field = () => document.querySelector("#sporsmal textarea");

  const ask = (question) => {
    const box = field();
    if (!box) return;
    box.value = question;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus({ preventScroll: true });
    // Gradio reads the field's value after its own update: press the button once that is done.
    requestAnimationFrame(() => setTimeout(() => byId("send")?.click(), 0));
  };

  const showGroup = (group) => {
    for (const each of document.querySelectorAll("#panel .sources-of")) each.hidden = each !== group;
  };

  // The panel comes by itself with the first sources. Once the reader has put it away, she asks for it.
  const openPanel = () => byId("arbeid").removeAttribute("data-closed");

  const hidePanel = () => {
    byId("arbeid").setAttribute("data-closed", "");
    if (lastMarker?.isConnected) goBack("");
    else field()?.focus({ preventScroll: true });
  };

  const choose = (card, marker) => {
    openPanel();
    showGroup(card.closest(".sources-of"));
    for (const each of document.querySelectorAll("#panel .chosen")) each.classList.remove("chosen");
    for (const each of document.querySelectorAll(".cite[aria-current]")) each.removeAttribute("aria-current");
    card.classList.add("chosen");
    marker.setAttribute("aria-current", "true");
    lastMarker = marker;
    const passage = card.querySelector("details");
    if (passage) passage.open = true;
    card.focus({ preventScroll: true });
    const mark = card.querySelector("mark");
    card.scrollIntoView({ block: "start" });
    if (mark && mark.getBoundingClientRect().bottom > innerHeight) mark.scrollIntoView({ block: "center" });
  };

  const goBack = (id) => {
    const target = lastMarker?.isConnected ? lastMarker : byId(id);
    if (!target) return;
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  };

  const copy = async (button) => {
    const label = button.textContent;
    const text = button.dataset.copy ?? new URL(button.dataset.link, location.href).href;
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      done = copyByHand(text);
    }
    say(done ? button.dataset.copied : button.dataset.failed);
    button.textContent = done ? button.dataset.copied : button.dataset.failed;
    setTimeout(() => (button.textContent = label), 2500);
  };

  // The clipboard is only open to pages served over https; this way works over http too.
  const copyByHand = (text) => {
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "sr";
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  };

  // --- The day: a text field as Norwegians write it, with the browser's calendar beside it ---
  const dayField = () => document.querySelector("#dato input");

  const pick = (button) => {
    const picker = button.parentElement.querySelector(".picker");
    const written = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(dayField().value.replace(/\s/g, ""));
    if (written) picker.value = `${written[3]}-${written[2].padStart(2, "0")}-${written[1].padStart(2, "0")}`;
    picker.showPicker?.();
  };

  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("#velg-dato .picker") || !event.target.value) return;
    const field = dayField();
    field.value = event.target.value.split("-").reverse().join(".");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });

  // --- What to be answered from: a plain list, whose choice a hidden field carries to the server ---
  const kinds = () => document.querySelector("[data-kinds]");

  const carryKinds = () => {
    const carried = document.querySelector("#typer :is(input, textarea)");
    carried.value = kinds().value;
    carried.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("change", (event) => {
    if (event.target === kinds()) carryKinds();
  });

  const retry = (everything) => {
    if (everything) {
      kinds().value = "";
      carryKinds();
    }
    requestAnimationFrame(() => setTimeout(() => byId("prov-na")?.click(), 0));
  };

  const say = (text) => {
    const status = byId("status");
    if (status && text && status.textContent !== text) status.textContent = text;
  };

  document.addEventListener("click", (event) => {
    const at = event.target.closest?.(
      "[data-ask],[data-cite],[data-show],[data-copy],[data-link],[data-back],[data-skip],[data-pick]," +
        "[data-retry],[data-edit],[data-leave],[data-hide]",
    );
    if (!at || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { ask: question, cite, show, back, skip } = at.dataset;
    if (cite) {
      const card = byId(cite);
      if (!card) return;
      event.preventDefault();
      choose(card, at);
    } else if (show) {
      const group = byId(show);
      if (!group) return;
      openPanel();
      showGroup(group);
      byId("kilder")?.scrollIntoView({ block: "start" });
      group.querySelector(".card")?.focus({ preventScroll: true });
    } else if (back) {
      event.preventDefault();
      goBack(back);
    } else if (skip) {
      event.preventDefault();
      field()?.focus();
    } else if ("pick" in at.dataset) {
      pick(at);
    } else if ("retry" in at.dataset) {
      retry("all" in at.dataset);
    } else if ("edit" in at.dataset) {
      byId("endre-na")?.click();
    } else if ("hide" in at.dataset) {
      hidePanel();
    } else if ("leave" in at.dataset) {
      leaveEdit();
    } else if (question) {
      ask(question);
    } else {
      copy(at);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog:modal")) return;
    const running = document.querySelector('#siste .exchange[data-state="running"]');
    if (running) byId("stopp")?.click();
    else if (editing() && document.activeElement === field()) leaveEdit();
    else if (document.activeElement?.closest("#panel") && lastMarker?.isConnected) goBack("");
  });

  // --- Change the last question: its words are in the field, and the old turn waits to be replaced ---
  const editing = () => document.querySelector("#siste .turn[data-edited]") !== null;

  const leaveEdit = () => {
    byId("angre-na")?.click();
    field()?.focus({ preventScroll: true });
  };

  // Gradio fills the field after it has drawn the turn: go to the end of the words once they are there.
  const toTheEnd = (tries = 20) => {
    const box = field();
    if (!box || !editing()) return;
    if (!box.value && tries) return setTimeout(() => toTheEnd(tries - 1), 25);
    box.focus({ preventScroll: true });
    box.setSelectionRange(box.value.length, box.value.length);
  };

  // --- Follow the answer as it comes ---
  let wasEditing = false;
  let number = "";
  let state = "";
  let place = "";
  let told = "";

  const follow = () => {
    const shown = document.querySelector("#siste .exchange");
    if (!shown) {
      number = state = place = told = "";
      return;
    }
    // The answer is also changed by our own scripts: say again only what is new.
    const message = byId("melding")?.textContent;
    const conversation = shown.parentElement.dataset.conversation ?? "";
    if (message !== told || shown.id !== number) say(message);
    told = message;
    if (shown.id !== number || conversation !== place) {
      number = shown.id;
      place = conversation;
      lastMarker = null;
      shown.scrollIntoView({ block: "start" });
    }
    if (editing() !== wasEditing) {
      wasEditing = editing();
      if (wasEditing) toTheEnd();
    }
    if (shown.dataset.state !== state) {
      state = shown.dataset.state;
      // The button that was pressed may be gone: never leave the keyboard nowhere.
      if (document.activeElement === document.body) {
        if (wide.matches) field()?.focus({ preventScroll: true });
        else shown.focus({ preventScroll: true });
      }
    }
  };

  // --- A link that carries a question: it stands in the field until the reader asks it ---
  const fill = () => {
    const carried = new URLSearchParams(location.search);
    const set = (box, value) => {
      if (!box || !value) return;
      box.value = value;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    };
    set(field(), carried.get("q"));
    set(dayField(), carried.get("dato"));
    const kind = [...kinds().options].find((each) => each.value && each.value === carried.get("fra"));
    if (kind) {
      kinds().value = kind.value;
      carryKinds();
    }
    if (!carried.has("q")) return;
    history.replaceState(null, "", location.pathname + location.hash);
    field().focus();
    say(byId("status").dataset.filled);
  };

  // Gradio's page can be used once it has filled in the day.
  const filling = setInterval(() => {
    if (!byId("typer") || !kinds() || !dayField()?.value) return;
    clearInterval(filling);
    fill();
  }, 50);

  // --- What Gradio's own drawing lacks ---
  const dress = () => {
    const log = byId("rulle");
    const ready = ["siste", "kilder", "personvern", "velg-dato"].every(byId) && kinds();
    if (!log || !ready || !field() || !dayField()) return false;
    log.setAttribute("role", "region");
    log.setAttribute("aria-label", "Samtale");
    log.tabIndex = 0;
    const sources = byId("kilder");
    sources.setAttribute("role", "complementary");
    sources.setAttribute("aria-labelledby", "kilder-tittel");
    dayField().inputMode = "numeric";
    const privacy = document.querySelector("#personvern .privacy");
    if (privacy) {
      privacy.id = "personvern-tekst";
      field().setAttribute("aria-describedby", privacy.id);
    }
    new MutationObserver(follow).observe(byId("siste"), { childList: true, subtree: true, characterData: true });
    return true;
  };

  // Gradio tells of lost connections and full queues in English.
  const translate = () => {
    const told = byId("status")?.dataset;
    if (!told) return;
    const ours = [told.error, told.lost, told.busy, told.trouble];
    for (const toast of document.querySelectorAll(".toast-body")) {
      const title = toast.querySelector(".toast-title");
      if (title && title.textContent !== told.error) title.textContent = told.error;
      for (const part of toast.querySelectorAll("*")) {
        const said = part.textContent.trim();
        if (part.childElementCount || said.length < 12 || ours.includes(said)) continue;
        part.textContent = /connection/i.test(said) ? told.lost : /queue/i.test(said) ? told.busy : told.trouble;
      }
    }
  };
  new MutationObserver(translate).observe(document, { childList: true, subtree: true });

  const waiting = new MutationObserver(() => dress() && waiting.disconnect());
  waiting.observe(document, { childList: true, subtree: true });
})();
