// Thumbs below every answer that is whole. Gradio draws earlier answers anew with each question, and the
// thumbs are then put back with what was said.
import { feedback } from "../embed/feedback.js";
import { say, whenDrawn, words } from "./words.js";

const attach = feedback(words, say, () => {});

whenDrawn(() => {
  for (const turn of document.querySelectorAll("#samtale .turn[data-answer]")) {
    const answer = turn.querySelector(".answer");
    if (answer.querySelector(".thumbs")) continue;
    attach(answer.querySelector(".tools") ?? row(answer), turn.dataset.answer, turn.dataset.verdict);
  }
});

const row = (answer) => {
  const made = document.createElement("p");
  made.className = "tools";
  answer.append(made);
  return made;
};
