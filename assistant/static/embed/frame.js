// What the page that shows this one in a frame may say to it, and hear from it. Nothing is taken from any other
// window, from a site that is not on the server's list, or in another shape than the ones below; nothing of
// what is asked or answered is told.

const APP = "anskaffelsesassistenten";
const VERSION = 1;

const short = (value, most) => typeof value === "string" && value.length <= most;
const only = (detail, names) => Object.keys(detail).every((name) => names.includes(name));

// Each kind of message: whether what comes with it is as it should be.
const SHAPES = {
  hello: () => true,
  open: () => true,
  ask: ({ text }) => short(text, 2000) && text.trim() !== "",
  locale: ({ lang }) => lang === "nb" || lang === "nn",
  theme: ({ scheme = "", accent = "" }) =>
    ["", "auto", "light", "dark"].includes(scheme) && (accent === "" || /^#[0-9a-f]{6}$/i.test(accent)),
  context: ({ date = "", examples = [] }) =>
    (date === "" || /^\d{4}-\d{2}-\d{2}$/.test(date)) &&
    Array.isArray(examples) &&
    examples.length <= 4 &&
    examples.every((each) => short(each, 200) && each.trim() !== ""),
};
const FIELDS = {
  hello: [], open: [], ask: ["text"], locale: ["lang"], theme: ["scheme", "accent"], context: ["date", "examples"],
};

// The message when it is one of ours, else null.
export const understood = (data) => {
  if (data === null || typeof data !== "object" || data.app !== APP || data.v !== VERSION) return null;
  if (typeof data.type !== "string" || !Object.hasOwn(SHAPES, data.type)) return null;
  if (!only(data, ["app", "v", "type", "detail"])) return null;
  const detail = data.detail ?? {};
  if (typeof detail !== "object" || Array.isArray(detail) || !only(detail, FIELDS[data.type])) return null;
  return SHAPES[data.type](detail) ? { type: data.type, detail } : null;
};

// Whether a site is on the list, written as in Content-Security-Policy.
export const listed = (origin, sites) =>
  sites.some((site) => {
    if (site === "'self'") return origin === location.origin;
    const [scheme, host] = site.split("://");
    if (!host.startsWith("*.")) return origin === new URL(site).origin;
    return origin.startsWith(`${scheme}://`) && new URL(origin).host.endsWith(host.slice(1).toLowerCase());
  });

export const connect = (sites, hear) => {
  if (window.parent === window) return { framed: false, tell() {} };
  let origin = "";
  const tell = (type, detail) => {
    if (origin) window.parent.postMessage({ app: APP, v: VERSION, type, detail }, origin);
  };
  addEventListener("message", (event) => {
    if (event.source !== window.parent || event.origin === "null") return;
    if (origin ? event.origin !== origin : !listed(event.origin, sites)) return;
    const message = understood(event.data);
    if (!message) return;
    if (message.type === "hello") {
      origin = event.origin;
      tell("ready");
    } else if (origin) hear[message.type]?.(message.detail);
  });
  return { framed: true, tell };
};
