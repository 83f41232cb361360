// A little help on the admin page, which works without: progress while a build runs, and files that are too large.
"use strict";

(() => {
  let touched = false;
  document.addEventListener("input", () => {
    touched = true;
  });

  const file = document.querySelector("input[type=file][data-most]");
  if (file) {
    const wrong = document.querySelector("[data-wrong]");
    file.addEventListener("change", () => {
      const large = file.files.length > 0 && file.files[0].size > Number(file.dataset.most);
      file.setCustomValidity(large ? file.dataset.tooLarge : "");
      wrong.textContent = large ? file.dataset.tooLarge : "";
      wrong.hidden = !large;
    });
  }

  if (document.querySelector("[data-reading]")) setTimeout(() => location.reload(), 2000);

  const building = document.querySelector("[data-building]");
  if (!building) return;
  const bar = building.querySelector("progress");
  const step = building.querySelector("[data-step]");
  const heard = building.querySelector("[data-heard]");
  const over = () => {
    if (touched) heard.textContent = step.textContent = building.dataset.over;
    else location.replace(location.pathname + location.search.replace(/&sagt=[a-z_]+/, ""));
  };
  const look = async () => {
    try {
      const answer = await fetch("/admin/bygg.json", { redirect: "error" });
      const told = await answer.json();
      if (told.state !== "running") return over();
      if (told.step && told.step !== step.textContent) heard.textContent = step.textContent = told.step;
      if (told.total) {
        bar.max = told.total;
        bar.value = told.done;
      } else bar.removeAttribute("value");
    } catch {
      // The service may be restarting; the next look will tell.
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 500);
})();
