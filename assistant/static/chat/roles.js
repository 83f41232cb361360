// The examples of one role at a time: tabs with the arrow keys, Home and End.

const tabsOf = (tab) => [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];

const select = (tab) => {
  for (const each of tabsOf(tab)) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  tab.focus({ preventScroll: true });
};

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

const next = (tabs, at, key) => {
  if (key === "Home") return tabs[0];
  if (key === "End") return tabs.at(-1);
  return key in STEPS ? tabs.at((at + STEPS[key]) % tabs.length) : undefined;
};

document.addEventListener("click", (event) => {
  const tab = event.target.closest?.(".roles [role=tab]");
  if (tab) select(tab);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.(".roles [role=tab]");
  if (!tab || event.ctrlKey || event.metaKey || event.altKey) return;
  const tabs = tabsOf(tab);
  const to = next(tabs, tabs.indexOf(tab), event.key);
  if (!to) return;
  event.preventDefault();
  select(to);
});
