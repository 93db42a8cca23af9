/** What all photos together show: a strip and a count for each emotion. */

import { colorOf } from "./colors.js";
import { count, element } from "./dom.js";

/**
 * @param {import("./photo.js").Photo[]} photos
 * @returns {HTMLElement}
 */
export function summary(photos) {
  const faces = photos.flatMap((photo) => photo.faces?.faces ?? []);
  const uncertain = faces.filter((face) => face.uncertain).length;
  const unreadable = photos.filter((photo) => photo.error).length;
  const notes = [
    uncertain && `${uncertain} uncertain`,
    unreadable && `${count(unreadable, "photo")} unreadable`,
  ].filter(Boolean);
  const counts = tally(faces);
  const title = `${count(photos.length, "photo")}, ${count(faces.length, "face")}`;
  return element(
    "section",
    { class: "summary" },
    element("h2", { class: "panel-title" }, [title, ...notes].join(" · ")),
    element(
      "div",
      { class: "summary-strip", "aria-hidden": "true" },
      ...counts.map(([emotion, n]) =>
        element("span", { style: { flex: n, background: colorOf(emotion) } }),
      ),
    ),
    element(
      "ul",
      { class: "summary-counts" },
      ...counts.map(([emotion, n]) =>
        element(
          "li",
          {},
          element("span", { class: "swatch", style: { background: colorOf(emotion) } }),
          element("span", { class: "emotion-name" }, emotion),
          element("span", { class: "number" }, String(n)),
        ),
      ),
    ),
  );
}

/** Return the emotions that occur and how often, the most frequent first. */
function tally(faces) {
  const counts = new Map();
  for (const { emotion } of faces) counts.set(emotion, (counts.get(emotion) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
