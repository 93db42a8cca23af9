/** The token of a server that asks for one; kept until the tab is closed. */

import { byId } from "./dom.js";

const KEY = "ferkit-token";

/** Return the token or an empty text. */
export function token() {
  return sessionStorage.getItem(KEY) ?? "";
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

let asking = null;

/** Ask the user, once for all requests that wait; returns whether there is a token now. */
export function askForToken() {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

function ask() {
  const dialog = byId("token");
  const field = byId("token-value");
  field.value = dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      const given = dialog.returnValue === "ok" && field.value.trim();
      if (given) sessionStorage.setItem(KEY, field.value.trim());
      resolve(Boolean(given));
    };
  });
}
