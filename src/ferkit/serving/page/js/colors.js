/** The colour of each emotion, the same as in ferkit's pictures. */

// For classes of a server's own models, which `page.json` does not know.
const OTHER = "#999933";

let known = {};

/** @param {Object<string, string>} colors `colors` of `page.json`. */
export function setColors(colors) {
  known = colors;
}

export function colorOf(emotion) {
  return known[emotion] ?? OTHER;
}

/** Return black or white, whichever is easier to read on that colour. */
export function inkOn(color) {
  const [r, g, b] = [1, 3, 5].map((i) => channel(parseInt(color.slice(i, i + 2), 16) / 255));
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? "#ffffff" : "#11151b";
}

/** Standard RGB to linear light. */
function channel(value) {
  return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
