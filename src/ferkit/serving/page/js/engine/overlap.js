/** Of boxes that overlap much, keep the best: the port of `ferkit.inference.detectors.overlap`. */

/**
 * @param {number[][]} boxes `x1, y1, x2, y2`.
 * @param {number[]} scores
 * @param {number} limit Of two boxes whose common area is a larger share than this, the lesser goes.
 * @param {boolean} ofSmaller Whether it is a share of the smaller box, rather than of both together.
 * @returns {number[]} The indices to keep, the best score first.
 */
export function suppressOverlaps(boxes, scores, limit, ofSmaller = false) {
  const areas = boxes.map(area);
  let left = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
  const kept = [];
  while (left.length) {
    const [best, ...rest] = left;
    kept.push(best);
    left = rest.filter((i) => {
      const common = commonArea(boxes[best], boxes[i]);
      const whole = ofSmaller ? Math.min(areas[best], areas[i]) : areas[best] + areas[i] - common;
      return common <= limit * whole;
    });
  }
  return kept;
}

export function area([x1, y1, x2, y2]) {
  return Math.max(x2 - x1, 0) * Math.max(y2 - y1, 0);
}

export function commonArea(one, other) {
  const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]);
  const height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
  return Math.max(width, 0) * Math.max(height, 0);
}

/** Intersection over union. */
export function overlapShare(one, other) {
  const common = commonArea(one, other);
  const whole = area(one) + area(other) - common;
  return whole > 0 ? common / whole : 0;
}
