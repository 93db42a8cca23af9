/** The list of people next to the screen: name, answer, bars and timeline of each. */

import { Bars } from "./bars.js";
import { element } from "./dom.js";
import { caption } from "./faces.js";
import { say } from "./messages.js";
import { drawTimeline } from "./timeline.js";

// Most people with bars; further ones have only timelines.
const MOST_BARS = 3;

export class PeoplePanel extends EventTarget {
  #node;
  #hint;
  #people;
  #rows = new Map();
  #seekable;

  /**
   * @param {HTMLElement} node
   * @param {HTMLElement} hint Shown while there is nobody.
   * @param {import("./people.js").People} people
   * @param {boolean} seekable Whether a click on a timeline seeks to that time.
   */
  constructor(node, hint, people, seekable = false) {
    super();
    this.#node = node;
    this.#hint = hint;
    this.#people = people;
    this.#seekable = seekable;
  }

  /**
   * Show all people.
   * @param {object} view `from`, `to` and `gapS` of the timelines, and `now`, where the bars are.
   * @param {(person: object) => import("./faces.js").Face|null} faceOf Who is seen now; null: away.
   */
  show(view, faceOf) {
    const people = this.#people.all();
    this.#hint.hidden = people.length > 0;
    const ids = new Set(people.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.node.remove();
      this.#rows.delete(id);
    }
    let present = 0;
    for (const person of people) {
      const face = faceOf(person);
      if (face) present++;
      this.#showPerson(person, view, face, present <= MOST_BARS);
    }
  }

  #showPerson(person, view, face, withBars) {
    const row = this.#rows.get(person.id) ?? this.#addRow(person);
    row.node.classList.toggle("away", !face);
    row.now.textContent = face ? caption(face) : "away";
    row.bars.node.hidden = !face || !withBars;
    if (face && withBars) row.bars.show(person.emotions, face.probabilities);
    row.view = view;
    drawTimeline(row.canvas, person.samples, { emotions: person.emotions, ...view });
    const share = (view.now - view.from) / (view.to - view.from);
    row.head.style.setProperty("left", `${(100 * share).toFixed(2)}%`);
  }

  #addRow(person) {
    const name = element("input", {
      class: "person-name",
      value: this.#people.nameOf(person.id),
      maxLength: 40,
      spellcheck: false,
      "aria-label": `Name of person ${person.id}`,
    });
    name.addEventListener("change", () => {
      const merged = this.#people.rename(person.id, name.value.trim());
      if (merged) return say(`Merged with ${name.value.trim()}.`);
      name.value = this.#people.nameOf(person.id);
    });
    name.addEventListener("keydown", (event) => event.key === "Enter" && name.blur());
    const row = {
      now: element("span", { class: "person-now number" }),
      bars: new Bars(),
      canvas: element("canvas", { class: "timeline", role: "img" }),
      head: element("span", { class: "timeline-head", hidden: !this.#seekable }),
    };
    row.canvas.setAttribute("aria-label", `Emotions of person ${person.id} over time`);
    const track = element("div", { class: "timeline-track" }, row.canvas, row.head);
    if (this.#seekable) this.#makeSeekable(track, row);
    row.node = element(
      "article",
      { class: "person" },
      element("div", { class: "person-head" }, name, row.now),
      row.bars.node,
      track,
    );
    this.#node.append(row.node);
    this.#rows.set(person.id, row);
    return row;
  }

  #makeSeekable(track, row) {
    track.classList.add("video-timeline");
    const seek = ({ clientX }) => {
      const { left, width } = track.getBoundingClientRect();
      const share = Math.min(Math.max((clientX - left) / width, 0), 1);
      const detail = row.view.from + share * (row.view.to - row.view.from);
      this.dispatchEvent(new CustomEvent("seek", { detail }));
    };
    track.addEventListener("pointerdown", (event) => {
      track.setPointerCapture(event.pointerId);
      seek(event);
    });
    track.addEventListener("pointermove", (event) => event.buttons && seek(event));
  }
}
