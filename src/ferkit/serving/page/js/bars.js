/** A bar for each emotion of one face. */

import { colorOf } from "./colors.js";
import { element } from "./dom.js";
import { percent } from "./faces.js";

export class Bars {
  #emotions = [];
  #rows = [];

  constructor() {
    this.node = element("ul", { class: "bars" });
  }

  /**
   * Show these probabilities; called for each frame of a camera, so elements are reused.
   * @param {string[]} emotions
   * @param {number[]} probabilities
   */
  show(emotions, probabilities) {
    if (emotions.join() !== this.#emotions.join()) this.#build(emotions);
    const best = probabilities.indexOf(Math.max(...probabilities));
    this.#rows.forEach(({ name, fill, value }, i) => {
      name.classList.toggle("best", i === best);
      fill.style.setProperty("transform", `scaleX(${probabilities[i].toFixed(4)})`);
      const text = percent(probabilities[i]);
      if (value.textContent !== text) value.textContent = text;
    });
  }

  #build(emotions) {
    this.#emotions = emotions;
    this.#rows = emotions.map((emotion) => ({
      name: element("span", { class: "emotion-name" }, emotion),
      fill: element("div", { class: "bar-fill", style: { background: colorOf(emotion) } }),
      value: element("span", { class: "number" }),
    }));
    this.node.replaceChildren(
      ...this.#rows.map(({ name, fill, value }) =>
        element("li", {}, name, element("div", { class: "bar-track" }, fill), value),
      ),
    );
  }
}

/** Return the line below an uncertain answer. */
export function doubtNote(uncertainBelow) {
  return element(
    "p",
    { class: "doubt" },
    element("span", { class: "doubt-mark", "aria-hidden": "true" }, "?"),
    element("span", {}, `Uncertain: below ${percent(uncertainBelow)} this model is often wrong, so do not rely on it.`),
  );
}
