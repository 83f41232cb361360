// Brings the reader to the quote: the first mark in the section of the address, else the first of all.
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
    document.fonts.ready.then(show);
    for (const link of document.querySelectorAll("[data-jump]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        show();
      });
    }
  }
})();
