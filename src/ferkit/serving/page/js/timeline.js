/** A person's emotions over time as a stack of coloured areas. */

import { colorOf } from "./colors.js";

/**
 * Draw samples into a canvas, with gaps while the person was absent.
 * @param {HTMLCanvasElement} canvas
 * @param {{timeS: number, row: number[]}[]} samples In order of time.
 * @param {object} view
 * @param {string[]} view.emotions
 * @param {number} view.from Time at the left edge, in seconds.
 * @param {number} view.to Time at the right edge.
 * @param {number} view.gapS A longer time without samples is a gap.
 */
export function drawTimeline(canvas, samples, { emotions, from, to, gapS }) {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  const x = (timeS) => ((timeS - from) / (to - from)) * width;
  for (const piece of pieces(samples, gapS)) drawPiece(context, piece, { emotions, x, height, gapS });
}

/** Split samples at gaps. */
function pieces(samples, gapS) {
  const found = [];
  for (const sample of samples) {
    const last = found.at(-1)?.at(-1);
    if (last && sample.timeS - last.timeS <= gapS) found.at(-1).push(sample);
    else found.push([sample]);
  }
  return found;
}

/** Leave out samples that lie within a pixel of the one before: a minute has many more than pixels. */
function thinned(piece, x) {
  let last = -Infinity;
  return piece.filter(({ timeS }, i) => {
    const keep = x(timeS) - last >= 1 || i === piece.length - 1;
    if (keep) last = x(timeS);
    return keep;
  });
}

function drawPiece(context, piece, { emotions, x, height, gapS }) {
  // One look alone is as wide as the time until the next would have come.
  const end = { ...piece.at(-1), timeS: piece.at(-1).timeS + gapS / 3 };
  const points = piece.length > 1 ? thinned(piece, x) : [...piece, end];
  let below = points.map(() => 0);
  emotions.forEach((emotion, i) => {
    const above = points.map(({ row }, k) => below[k] + row[i]);
    context.fillStyle = colorOf(emotion);
    context.beginPath();
    points.forEach(({ timeS }, k) => context.lineTo(x(timeS), height * (1 - above[k])));
    for (let k = points.length - 1; k >= 0; k--) {
      context.lineTo(x(points[k].timeS), height * (1 - below[k]));
    }
    context.fill();
    below = above;
  });
}
