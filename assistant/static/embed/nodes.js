// The server sends an exchange as elements: text, or [tag, attributes, children]. They are made here one by
// one, and only those on these lists: no string is ever read as HTML.

const TAGS = new Set(
  ("a article blockquote br button code dd del details div dl dt em h2 h3 h4 h5 h6 hr li mark ol p pre " +
    "section span strong summary table tbody td th thead tr ul").split(" "),
);
const ATTRIBUTES = new Set(
  ("aria-hidden aria-label class form formnovalidate href id lang name rel role start tabindex target title " +
    "type value data-cite data-copied data-copy data-failed data-state").split(" "),
);
const ADDRESS = /^(?:\/kilder(?:[/?#]|$)|#|https:\/\/)/;
const made = new WeakMap();

const allowed = (name, value) =>
  ATTRIBUTES.has(name) && typeof value === "string" && (name !== "href" || ADDRESS.test(value));

// A marker is a link to the source for a reader without script; here it opens the quote.
const asButton = (attributes) => {
  const { href, target, rel, title, ...rest } = attributes;
  return { ...rest, type: "button", "aria-haspopup": "dialog", "aria-expanded": "false" };
};

export const build = (node) => {
  if (typeof node === "string") return document.createTextNode(node);
  const [tag, attributes, children] = node;
  if (!TAGS.has(tag)) return document.createTextNode("");
  const marker = tag === "a" && "data-cite" in attributes;
  const kept = Object.entries(attributes).filter(([name, value]) => allowed(name, value));
  const element = document.createElement(marker ? "button" : tag);
  for (const [name, value] of Object.entries(marker ? asButton(Object.fromEntries(kept)) : Object.fromEntries(kept)))
    element.setAttribute(name, value);
  element.append(...children.map(build));
  made.set(element, [tag, JSON.stringify(attributes)]);
  return element;
};

// Make the children of `parent` those of `nodes`, and leave alone what is the same.
export const patch = (parent, nodes) => {
  nodes.forEach((node, place) => {
    const there = parent.childNodes[place];
    if (!there) parent.append(build(node));
    else if (typeof node === "string" && there.nodeType === Node.TEXT_NODE) {
      if (there.data !== node) there.data = node;
    } else if (same(there, node)) patch(there, node[2]);
    else there.replaceWith(build(node));
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
};

const same = (element, node) => {
  const [tag, attributes] = made.get(element) ?? [];
  if (tag !== node[0]) return false;
  if (attributes === JSON.stringify(node[1])) return true;
  if (element.id !== node[1].id || !element.id) return false;
  // The same exchange in another state: keep the element, and with it the focus.
  for (const [name, value] of Object.entries(node[1])) if (allowed(name, value)) element.setAttribute(name, value);
  made.set(element, [tag, JSON.stringify(node[1])]);
  return true;
};
