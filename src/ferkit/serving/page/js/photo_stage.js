/** The chosen photo with a button on each face. */

import { colorOf, inkOn } from "./colors.js";
import { element, setStyle } from "./dom.js";
import { caption } from "./faces.js";

export class PhotoStage extends EventTarget {
  #node;
  #boxes = [];

  constructor(node) {
    super();
    this.#node = node;
    // Tags that would cover each other depend on the size of the picture.
    new ResizeObserver(() => this.#arrangeTags()).observe(node);
  }

  /** @param {import("./photo.js").Photo} photo */
  show(photo) {
    if (photo.error) {
      this.#boxes = [];
      this.#node.replaceChildren(element("p", { class: "stage-note" }, photo.error));
      return;
    }
    const image = element("img", { src: photo.url, alt: photo.name });
    const picture = element("div", { class: "stage-picture" }, image);
    image.addEventListener("load", () => {
      const { naturalWidth, naturalHeight } = image;
      setStyle(picture, { "--ratio": naturalWidth / naturalHeight, "--natural": naturalWidth });
      this.#arrangeTags();
    });
    this.#boxes = (photo.faces?.faces ?? []).map((face, i) => this.#box(photo, face, i));
    picture.append(...this.#boxes);
    this.#node.replaceChildren(picture, note(photo));
    this.mark(photo.face);
    this.#arrangeTags();
  }

  /** Mark one face as chosen. */
  mark(index) {
    this.#boxes.forEach((box, i) => box.setAttribute("aria-pressed", String(i === index)));
  }

  #box(photo, face, index) {
    const [width, height] = photo.faces.size;
    const [x1, y1, x2, y2] = face.box;
    const color = colorOf(face.emotion);
    const box = element(
      "button",
      {
        class: face.uncertain ? "face-box uncertain" : "face-box",
        "aria-label": `Face ${index + 1}: ${caption(face)}${face.uncertain ? ", uncertain" : ""}`,
        style: {
          left: `${(100 * x1) / width}%`,
          top: `${(100 * y1) / height}%`,
          width: `${(100 * (x2 - x1)) / width}%`,
          height: `${(100 * (y2 - y1)) / height}%`,
          "--emotion": color,
          "--on-emotion": inkOn(color),
        },
      },
      element("span", { class: "face-tag", "aria-hidden": "true" }, caption(face)),
    );
    box.addEventListener("click", () => this.dispatchEvent(new CustomEvent("choose", { detail: index })));
    return box;
  }

  /**
   * Place each tag inside the picture where it covers no other face, or at least no other tag; without such a place,
   * the tag of the smaller face is hidden.
   */
  #arrangeTags() {
    const picture = this.#node.querySelector(".stage-picture")?.getBoundingClientRect();
    if (!picture?.width) return;
    for (const box of this.#boxes) box.firstChild.className = "face-tag";
    const faces = this.#boxes.map((box) => {
      const { width, height } = box.firstChild.getBoundingClientRect();
      return { box, area: box.getBoundingClientRect(), width, height };
    });
    faces.sort((a, b) => b.area.width - a.area.width);
    const taken = [];
    for (const face of faces) {
      const others = faces.filter((other) => other !== face).map(({ area }) => area);
      const places = placesOf(face).filter((place) => within(place, picture));
      const free = (things) => places.find((place) => !things.some((thing) => meet(place, thing)));
      const place = free([...taken, ...others]) ?? free(taken);
      if (place) taken.push(place);
      face.box.firstChild.classList.add(...(place?.classes ?? ["quiet"]));
    }
  }
}

function note(photo) {
  if (photo.waiting) return element("p", { class: "stage-busy" }, "Reading …");
  if (!photo.faces.faces.length) return element("p", { class: "stage-busy" }, "No face found");
  return "";
}

/** Where the tag of a face may be: above or below it, at its left or right edge. */
function placesOf({ area, width, height }) {
  const rows = [
    [area.top - height, []],
    [area.bottom, ["below"]],
  ];
  const columns = [
    [area.left, []],
    [area.right - width, ["right"]],
  ];
  return rows.flatMap(([top, row]) =>
    columns.map(([left, column]) => ({
      left,
      top,
      right: left + width,
      bottom: top + height,
      classes: [...row, ...column],
    })),
  );
}

function within(place, picture) {
  const across = place.left >= picture.left && place.right <= picture.right;
  return across && place.top >= picture.top && place.bottom <= picture.bottom;
}

function meet(one, other) {
  const across = one.left < other.right && other.left < one.right;
  return across && one.top < other.bottom && other.top < one.bottom;
}
