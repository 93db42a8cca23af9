/** The colour of each emotion, the same as in ferkit's pictures. */

// For classes of people's own models; none is near the colours of the emotions.
const OTHERS = ["#2f7d95", "#a0522d", "#6b8e23", "#b5485d", "#4b5fa5", "#8a7a2f"];

let known = {};

/** @param {Object<string, string>} colors `colors` of `page.json`. */
export function setColors(colors) {
  known = colors;
}

export function colorOf(emotion) {
  if (known[emotion]) return known[emotion];
  let sum = 0;
  for (const letter of emotion) sum = (sum * 31 + letter.charCodeAt(0)) % 9973;
  return OTHERS[sum % OTHERS.length];
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
