/** The chosen face of a photo: its picture, its answer, its bars. */

import { Bars, doubtNote } from "./bars.js";
import { element } from "./dom.js";
import { percent } from "./faces.js";

const CROP = 152; // twice what it measures on the page

export class FacePanel extends EventTarget {
  #node;

  constructor(node) {
    super();
    this.#node = node;
  }

  /** @param {import("./photo.js").Photo} photo */
  show(photo) {
    const faces = photo.faces?.faces ?? [];
    if (!faces.length) {
      this.#node.replaceChildren(element("p", { class: "hint" }, emptyText(photo)));
      return;
    }
    const face = faces[photo.face];
    const bars = new Bars();
    bars.show(photo.faces.emotions, face.probabilities);
    const answer = element(
      "div",
      { class: "face-answer" },
      element("div", { class: "emotion-name" }, face.emotion),
      element("div", { class: "number" }, `${percent(face.confidence)} confident`),
    );
    this.#node.replaceChildren(
      element(
        "section",
        { class: "face-section", "aria-live": "polite" },
        this.#navigation(photo, faces.length),
        element("div", { class: "face-head" }, crop(photo, face), answer),
        face.uncertain && doubtNote(photo.faces.uncertainBelow),
        bars.node,
      ),
    );
  }

  #navigation(photo, total) {
    const step = (text, label, by) => {
      const button = element("button", { class: "button small", "aria-label": label, disabled: total < 2 }, text);
      button.addEventListener("click", () => {
        const next = (photo.face + by + total) % total;
        this.dispatchEvent(new CustomEvent("choose", { detail: next }));
        this.#node.querySelector(`[aria-label="${label}"]`)?.focus();
      });
      return button;
    };
    return element(
      "div",
      { class: "face-nav" },
      element("span", {}, `Face ${photo.face + 1} of ${total}`),
      total > 1 && element("span", { class: "row" }, step("‹", "Previous face", -1), step("›", "Next face", 1)),
    );
  }
}

function emptyText(photo) {
  if (photo.waiting) return "Reading …";
  if (photo.error) return "This file could not be read.";
  return "No face was found. Faces below about 2 % of the picture need the thorough search, in the settings.";
}

function crop(photo, face) {
  const canvas = element("canvas", { class: "face-crop", width: CROP, height: CROP, role: "img" });
  canvas.setAttribute("aria-label", `The face that looks ${face.emotion}`);
  const image = new Image();
  image.onload = () => {
    const [x1, y1, x2, y2] = face.box;
    const scale = image.naturalWidth / photo.faces.size[0];
    const side = Math.max(x2 - x1, y2 - y1) * 1.15;
    const left = (x1 + x2 - side) / 2;
    const top = (y1 + y2 - side) / 2;
    canvas
      .getContext("2d")
      .drawImage(image, left * scale, top * scale, side * scale, side * scale, 0, 0, CROP, CROP);
  };
  image.src = photo.url;
  return canvas;
}
