// Thumb up in one press; thumb down with reasons. Made from the page's templates, which are there only when
// the service takes feedback.

const ADDRESS = "/api/v1/feedback";

export const feedback = (words, say, sent) => {
  const thumbs = document.getElementById("tommel");
  const reasons = document.getElementById("grunner");

  const post = async (answer, verdict, chosen = [], text = "") => {
    const body = JSON.stringify({ answer, verdict, reasons: chosen, text });
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(ADDRESS, { method: "POST", headers, body }).catch(() => null);
    if (response?.status === 404) for (const each of document.querySelectorAll(".thumbs, .reasons")) each.remove();
    else if (!response?.ok) throw new Error(words.feedback_failed);
    else sent(verdict);
  };

  const attach = (tools, answer) => {
    if (!thumbs || !answer || tools.querySelector(".thumbs")) return;
    const row = thumbs.content.firstElementChild.cloneNode(true);
    const [up, down] = row.children;
    const thank = (pressed) => {
      up.setAttribute("aria-pressed", String(pressed === up));
      down.setAttribute("aria-pressed", String(pressed === down));
      note(row, words.thanks);
      say(words.thanks);
    };
    up.addEventListener("click", async () => {
      try {
        await post(answer, "up");
        thank(up);
      } catch (error) {
        note(row, error.message);
        say(error.message);
      }
    });
    down.addEventListener("click", () => {
      const open = tools.nextElementSibling?.matches(".reasons");
      if (open) tools.nextElementSibling.remove();
      else ask(tools, down, async (chosen, text) => (await post(answer, "down", chosen, text), thank(down)));
      down.setAttribute("aria-expanded", String(!open));
    });
    tools.append(row);
  };

  const ask = (tools, down, send) => {
    const form = reasons.content.firstElementChild.cloneNode(true);
    const problem = form.querySelector(".problem");
    const done = () => {
      form.remove();
      down.setAttribute("aria-expanded", "false");
      down.focus();
    };
    form.querySelector(".cancel").addEventListener("click", done);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const given = new FormData(form);
      const [chosen, text] = [given.getAll("reason"), given.get("text").trim()];
      problem.hidden = true;
      try {
        if (!chosen.length && !text) throw new Error(words.pick_reason);
        await send(chosen, text);
        done();
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
      }
    });
    tools.after(form);
    form.querySelector("input").focus();
  };

  return attach;
};

const note = (row, text) => {
  row.querySelector(".noted")?.remove();
  const noted = document.createElement("span");
  noted.className = "noted";
  noted.textContent = text;
  row.append(noted);
};
