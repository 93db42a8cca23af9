/** The settings dialog: where it computes, which model, how faces are found. */

import { byId, element } from "./dom.js";
import { complain } from "./messages.js";
import { showCard } from "./model_card.js";

/**
 * @param app Has `settings` and `config`.
 */
export function setUpSettings(app) {
  const dialog = byId("settings");
  byId("settings-models").replaceChildren(...app.config.models.map((model) => option(model)));
  byId("settings-place").hidden = !app.config.server;
  byId("settings-classes").hidden = app.config.models.every(({ known, emotions }) => known.length === emotions.length);
  byId("open-settings").addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("change", ({ target }) => app.settings.set(target.name, target.value));
  closeOnBackdrop(dialog);
  closeOnBackdrop(byId("card"));
  const notice = byId("notice");
  byId("open-notice").addEventListener("click", () => notice.showModal());
  closeOnBackdrop(notice);
  app.settings.addEventListener("change", () => showChoice(app));
  showChoice(app);
}

function option(model) {
  const figures = element("button", { class: "link", type: "button" }, "Figures");
  figures.setAttribute("aria-label", `Figures and limits of ${model.name}`);
  figures.addEventListener("click", () => showCard(model).catch(complain));
  return element(
    "label",
    { class: "option" },
    element("input", {
      type: "radio",
      name: "model",
      value: model.name,
      "data-server": model.browser ? null : "only",
    }),
    element("span", {}, element("b", {}, model.name), element("small", {}, summary(model))),
    figures,
  );
}

function summary(model) {
  return model.browser ? model.summary : `${model.summary}; on the server only`;
}

function showChoice({ settings }) {
  const server = settings.place === "server";
  byId("place-text").textContent = server ? "On the server" : "In this browser";
  byId("model-text").textContent = settings.model;
  byId("open-settings").dataset.place = settings.place;
  for (const radio of byId("settings").querySelectorAll('input[type="radio"]')) {
    radio.checked = settings[radio.name] === radio.value;
    const large = radio.dataset.server === "only" && !server;
    radio.disabled = large || (radio.value === "browser" && !settings.inBrowser);
  }
  for (const node of document.querySelectorAll(".where")) node.hidden = node.dataset.place !== settings.place;
}

function closeOnBackdrop(dialog) {
  dialog.addEventListener("click", (event) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    // A key on a button makes a click at 0, 0.
    if (event.target === dialog && (x || y) && (x < left || x > right || y < top || y > bottom)) dialog.close();
  });
}
