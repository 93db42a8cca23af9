/** A button that opens a short list; arrow keys move, Escape closes. */

import { byId } from "./dom.js";

/**
 * @param {string} buttonId The list is the element that the button's `aria-controls` names.
 * @param {(format: string) => void} onChoose Is given `data-format` of what was chosen.
 */
export function setUpMenu(buttonId, onChoose) {
  const button = byId(buttonId);
  const list = byId(button.getAttribute("aria-controls"));
  const items = [...list.querySelectorAll('[role="menuitem"]')];

  const open = (opened) => {
    list.hidden = !opened;
    button.setAttribute("aria-expanded", String(opened));
    if (opened) items[0].focus();
  };
  button.addEventListener("click", () => open(list.hidden));
  list.addEventListener("click", (event) => {
    const item = event.target.closest('[role="menuitem"]');
    if (!item) return;
    open(false);
    button.focus();
    onChoose(item.dataset.format);
  });
  list.addEventListener("keydown", (event) => {
    const at = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      items[(at + step + items.length) % items.length].focus();
    } else if (event.key === "Escape") {
      open(false);
      button.focus();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!list.hidden && !event.target.closest(".menu")) open(false);
  });
}
