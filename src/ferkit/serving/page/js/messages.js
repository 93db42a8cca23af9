/** Messages of the page: a line that disappears, and an error that stays until it is dismissed. */

import { byId } from "./dom.js";

const SECONDS = 5;

let timer = 0;

/**
 * Show a short message.
 * @param {string} text
 * @param {boolean} [seen] Whether the page shows it elsewhere, so that only screen readers need it here.
 */
export function say(text, seen = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("visually-hidden", seen);
  clearTimeout(timer);
  timer = setTimeout(() => (byId("status").textContent = ""), SECONDS * 1000);
}

/** Tell what went wrong, in one sentence that says what to do. */
export function complain(error) {
  const box = byId("alert");
  box.querySelector("p").textContent = inWords(error);
  box.hidden = false;
  box.querySelector("button").onclick = () => (box.hidden = true);
}

/** Hide the last error, because what failed works now. */
export function relent() {
  byId("alert").hidden = true;
}

/** Return the sentence for an error of any kind. */
export function inWords(error) {
  return CAMERA[error?.name] ?? error?.message ?? String(error);
}

const CAMERA = {
  NotAllowedError:
    "The browser was not allowed to use the camera; allow it at the left of the address and start again.",
  NotFoundError: "There is no camera on this device; connect one and start again.",
  NotReadableError: "Another program uses the camera; close that program and start again.",
  OverconstrainedError: "This camera gives no usable picture; choose another one.",
  SecurityError: "The camera works on secure pages only; open this page by https or as 127.0.0.1.",
};
