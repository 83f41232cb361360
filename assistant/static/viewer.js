// Brings the reader to the quote: the first mark in the section of the address, else the first of all.
// The browser goes to the section of the address by itself, at a time of its own until all is loaded,
// so the quote is brought back into view after that, unless the reader has moved on.
"use strict";

(() => {
  const first = () => {
    let section = null;
    try {
      section = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      // An address that cannot be decoded names no section.
    }
    return (section && section.querySelector("mark")) || document.querySelector("mark");
  };
  const show = () => {
    const mark = first();
    if (mark) mark.scrollIntoView({ block: "center" });
  };
  const narrow = matchMedia("(max-width: 60rem)");
  const contents = document.querySelector(".contents details");
  if (contents && narrow.matches) contents.open = false;

  if (document.querySelector("mark")) {
    let moved = false;
    for (const act of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      addEventListener(act, () => (moved = true), { once: true, passive: true });
    }
    const settle = () => {
      if (!moved) show();
    };
    document.fonts.ready.then(settle);
    addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(settle)));
    for (const link of document.querySelectorAll("[data-jump]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        show();
      });
    }
  }
})();
