// Runs before Gradio: what its own inline scripts would have set, and Norwegian for its few own words.
"use strict";

window.__gradio_mode__ = "app";
Object.defineProperty(navigator, "language", { get: () => "nb" });
Object.defineProperty(navigator, "languages", { get: () => ["nb", "no"] });

// Gradio then calls the whole page bokmål; the page itself knows better.
(() => {
  const root = document.documentElement;
  const own = root.lang;
  const keep = () => {
    if (root.lang !== own) root.lang = own;
  };
  new MutationObserver(keep).observe(root, { attributes: true, attributeFilter: ["lang"] });
})();
