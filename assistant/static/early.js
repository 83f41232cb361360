// Runs before Gradio: what its own inline scripts would have set, and Norwegian for its few own words.
window.__gradio_mode__ = "app";
Object.defineProperty(navigator, "language", { get: () => "nb" });
Object.defineProperty(navigator, "languages", { get: () => ["nb", "no"] });
