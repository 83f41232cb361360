// The colours that the page around this one asks for: light or dark, and an accent colour that is made darker or
// lighter until it can be read.

const READABLE = 4.6;

const channels = (hex) => hex.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const mixed = (from, to, share) => from.map((c, i) => Math.round(c + (to[i] - c) * share));
const css = (rgb) => `rgb(${rgb.join(" ")})`;

// The colour moved towards `to` until it stands out from every one of the grounds.
const readable = (colour, grounds, to) => {
  for (let share = 0; share < 1; share += 0.02) {
    const tried = mixed(colour, to, share);
    if (grounds.every((ground) => contrast(tried, ground) >= READABLE)) return tried;
  }
  return to;
};

const NAMES = ["text-subtle", "text-default", "base-default", "base-hover", "base-active", "base-contrast-default", "surface-tinted", "surface-hover", "border-default"];
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
let accent = "";

const accentuate = () => {
  for (const name of NAMES) root.style.removeProperty(`--ds-color-accent-${name}`);
  if (!accent) return;
  const scheme = root.dataset.colorScheme;
  const night = scheme === "dark" || (scheme === "auto" && dark.matches);
  const ground = night ? [19, 24, 31] : [255, 255, 255];
  const card = night ? [32, 40, 52] : [255, 255, 255];
  const ink = night ? [255, 255, 255] : [0, 0, 0];
  const tint = mixed(ground, accent, night ? 0.22 : 0.12);
  const strong = mixed(ground, accent, night ? 0.32 : 0.22);
  const text = readable(accent, [ground, card, tint, strong], ink);
  const on = contrast(text, [255, 255, 255]) >= READABLE ? [255, 255, 255] : [0, 0, 0];
  const away = on[0] ? [0, 0, 0] : [255, 255, 255];
  const values = [text, text, text, mixed(text, away, 0.15), mixed(text, away, 0.3), on, tint, strong, text];
  NAMES.forEach((name, i) => root.style.setProperty(`--ds-color-accent-${name}`, css(values[i])));
};
dark.addEventListener("change", accentuate);

export const paint = ({ scheme, accent: chosen }) => {
  if (scheme) root.dataset.colorScheme = scheme;
  if (chosen !== undefined) accent = chosen && channels(chosen);
  accentuate();
};
