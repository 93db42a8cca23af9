/** The three views: one is shown; arrow keys move between their tabs. */

import { byId } from "./dom.js";

/**
 * @param {Object<string, {enter?: () => void, leave: () => void}>} views By the id of their section.
 * @returns {(name: string) => void} Shows a view.
 */
export function setUpTabs(views) {
  const names = Object.keys(views);
  const tabs = names.map((name) => byId(`tab-${name}`));
  let current = "";

  const show = (name) => {
    if (name === current) return;
    if (current) {
      views[current].leave();
      scrollTo(0, 0);
    }
    current = name;
    views[name].enter?.();
    names.forEach((other, i) => {
      const chosen = other === name;
      byId(other).hidden = !chosen;
      tabs[i].setAttribute("aria-selected", String(chosen));
      tabs[i].tabIndex = chosen ? 0 : -1;
    });
    history.replaceState(null, "", `#${name}`);
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => show(names[i]));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (i + step + names.length) % names.length;
      tabs[next].focus();
      show(names[next]);
    });
  });
  const wanted = location.hash.slice(1);
  show(names.includes(wanted) ? wanted : names[0]);
  return show;
}
