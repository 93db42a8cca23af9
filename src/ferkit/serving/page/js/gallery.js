/** All photos as a row of small pictures; arrow keys go from one to the next. */

import { colorOf } from "./colors.js";
import { count, element } from "./dom.js";

export class Gallery extends EventTarget {
  #node;

  constructor(node) {
    super();
    this.#node = node;
    node.addEventListener("keydown", (event) => this.#key(event));
  }

  /**
   * @param {import("./photo.js").Photo[]} photos
   * @param {import("./photo.js").Photo} chosen
   */
  show(photos, chosen) {
    const focused = this.#node.contains(document.activeElement);
    this.#node.hidden = photos.length < 2;
    this.#node.replaceChildren(...photos.map((photo) => this.#thumb(photo, photo === chosen)));
    const current = this.#node.querySelector('[aria-selected="true"]');
    if (focused) current?.focus();
    current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #thumb(photo, selected) {
    const thumb = element(
      "button",
      {
        class: "thumb",
        role: "option",
        title: photo.name,
        tabIndex: selected ? 0 : -1,
        "aria-selected": String(selected),
        "aria-label": `${photo.name}: ${state(photo)}`,
      },
      !photo.error && element("img", { src: photo.url, alt: "", loading: "lazy" }),
      photo.waiting && element("span", { class: "thumb-flag" }, "…"),
      photo.error && element("span", { class: "thumb-flag" }, "unreadable"),
      element(
        "span",
        { class: "thumb-dots" },
        ...(photo.faces?.faces ?? []).map((face) =>
          element("i", { style: { background: colorOf(face.emotion) } }),
        ),
      ),
    );
    thumb.addEventListener("click", () => this.#choose(photo));
    return thumb;
  }

  #choose(photo) {
    this.dispatchEvent(new CustomEvent("choose", { detail: photo }));
  }

  #key(event) {
    const thumbs = [...this.#node.children];
    const at = thumbs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: thumbs.length - 1 }[event.key];
    if (at < 0 || to === undefined || !thumbs[to]) return;
    event.preventDefault();
    thumbs[to].focus();
    thumbs[to].click();
  }
}

function state(photo) {
  if (photo.waiting) return "being read";
  return photo.error ?? count(photo.faces.faces.length, "face");
}
