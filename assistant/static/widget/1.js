// Anskaffelsesassistenten: the conversation in a frame, behind a button. MIT. See docs/widget.md
(() => {
 "use strict";
 const APP = "anskaffelsesassistenten", NAME = "Anskaffelsesassistenten";
 const doc = document, script = doc.currentScript;
 if (!script || window[NAME]) return;
 const home = new URL(script.src).origin, set = script.dataset;
 const links = doc.querySelectorAll(`a[data-${APP}]`);
 const small = "(max-width:36rem),(max-height:30rem)";
 const keep = {};
 let lang, frame, ready, timer;

 const make = (parent, tag, attributes) => {
  const made = parent.appendChild(doc.createElement(tag));
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  return made;
 };
 const say = (nb, nn) => (lang === "nn" ? nn : nb);
 const url = () => `${home}/embed?lang=${lang}`;
 const tell = (type, detail) => doc.dispatchEvent(new CustomEvent(`${APP}:${type}`, { detail }));
 const post = (type, detail) => frame.contentWindow.postMessage({ app: APP, v: 1, type, detail }, home);
 const send = (type, detail) => ready && post(type, detail);

 // The style and the CSP of the page do not reach in here.
 const host = doc.createElement(APP + "-knapp"), root = host.attachShadow({ mode: "open" });
 const sheet = new CSSStyleSheet();
 sheet.replaceSync(`:host{all:initial}
*{box-sizing:border-box;font:500 1rem/1.4 Inter,system-ui,Arial,sans-serif}
button,div{position:fixed;z-index:2147483000;bottom:1rem;right:1rem}
button{padding:.75rem 1.25rem;border:1px solid;border-radius:2rem;background:var(--a);color:#fff;color:oklch(from var(--a) calc((.57 - l)*999) 0 0);cursor:pointer}
button:focus-visible{outline:3px solid #1f2c3d;box-shadow:0 0 0 6px #fff}
div{bottom:5rem;width:27rem;height:min(44rem,100vh - 6rem);border:1px solid #717a84;border-radius:.75rem;overflow:hidden;background:Canvas;color:CanvasText;box-shadow:0 6px 24px #0005}
:host([left]) *{right:auto;left:1rem}
iframe{width:100%;height:100%;border:0}
p{padding:0 2rem}
[hidden]{display:none}
@media ${small}{div{inset:0!important;width:100%;height:100%;border:0;border-radius:0}}`);
 root.adoptedStyleSheets = [sheet];
 host.toggleAttribute("left", set.position === "left");
 const button = make(root, "button", { "aria-controls": "p" });
 const panel = make(root, "div", { id: "p", role: "dialog", "aria-label": NAME, hidden: "" });

 const failed = () => {
  const way = make(make(panel, "p"), "a", { href: `${url()}&full=1`, target: "_blank" });
  way.textContent = say("Åpne samtalen i en egen fane", "Opne samtalen i ei eiga fane");
  frame.hidden = true;
  tell("error", { reason: "unavailable" });
 };
 const show = (open) => {
  panel.hidden = !open;
  button.ariaExpanded = open;
  doc.body.inert = open && matchMedia(small).matches;
 };

 const api = {
  open() {
   if (!panel.hidden) return;
   show(true);
   if (!frame) {
    frame = make(panel, "iframe", {
     title: NAME + " (KI)", src: url(),
     sandbox: "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox",
    });
    frame.onload = () => post("hello");
    timer = setTimeout(failed, 9e3);
   }
   frame.focus();
   send("open");
   tell("open");
  },
  close() {
   if (panel.hidden) return;
   show(false);
   button.focus();
   tell("close");
  },
  toggle: () => (panel.hidden ? api.open() : api.close()),
  ask(text) {
   keep.ask = { text };
   api.open();
   if (ready) flush();
  },
  setContext: (context) => send("context", (keep.context = context)),
  setTheme(theme) {
   send("theme", (keep.theme = theme));
   host.style.setProperty("--a", /^#[\da-f]{6}$/i.test(theme.accent) ? theme.accent : "#0062ba");
  },
  setLocale(code) {
   host.lang = lang = code === "nn" ? code : "nb";
   button.textContent = set.greeting || say("Spør om anskaffelser", "Spør om innkjøp");
   send("locale", { lang });
  },
  destroy() {
   api.close();
   clearTimeout(timer);
   removeEventListener("message", hear);
   host.remove();
   for (const link of links) link.hidden = false;
   delete window[NAME];
  },
 };

 const flush = () => {
  if (!panel.hidden) send("open");
  for (const each in keep) send(each, keep[each]);
  delete keep.ask;
 };
 const hear = ({ origin, source, data }) => {
  if (origin !== home || !frame || source !== frame.contentWindow || data?.app !== APP || data.v !== 1) return;
  const { type, detail } = data;
  if (type === "close") api.close();
  if (/^(answer|feedback|error)$/.test(type)) tell(type, detail);
  if (type !== "ready") return;
  clearTimeout(timer);
  frame.hidden = false;
  panel.querySelector("p")?.remove();
  if (!ready) tell(type);
  ready = true;
  flush();
 };

 api.setLocale(set.lang);
 api.setTheme({ scheme: set.theme, accent: set.accent });
 button.ariaExpanded = false;
 button.onclick = api.toggle;
 root.onkeydown = (event) => event.key === "Escape" && api.close();
 addEventListener("message", hear);
 doc.documentElement.append(host);
 for (const link of links) link.hidden = true;
 window[NAME] = api;
})();
