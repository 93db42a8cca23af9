/**
 * Grey pieces of a picture to 48x48, as Pillow's `resize(BILINEAR, box=..., reducing_gap=2.0)` makes them, bit for bit.
 *
 * All pixels of the piece are weighed in, and its edges lie where they are exactly: first a whole-numbered reduction
 * where much is left out, then a triangle filter along rows and along columns in whole numbers of 22 binary digits.
 */

const REDUCING_GAP = 2;
const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);
// Of the triangle filter, in pixels of the result.
const SUPPORT = 1;

/**
 * @param {{data: Uint8Array, width: number, height: number}} grey
 * @param {number[]} box `x1, y1, x2, y2` within the piece, with fractions.
 * @param {number} size Side of the result.
 * @returns {Uint8Array} `size` x `size`.
 */
export function resizeGrey(grey, box, size) {
  const factorX = Math.trunc((box[2] - box[0]) / size / REDUCING_GAP) || 1;
  const factorY = Math.trunc((box[3] - box[1]) / size / REDUCING_GAP) || 1;
  if (factorX > 1 || factorY > 1) {
    const safe = safeBox(grey, box, size);
    grey = reduce(grey, safe, factorX, factorY);
    box = [
      (box[0] - safe[0]) / factorX,
      (box[1] - safe[1]) / factorY,
      (box[2] - safe[0]) / factorX,
      (box[3] - safe[1]) / factorY,
    ];
  }
  const across = coefficients(grey.width, box[0], box[2], size);
  const down = coefficients(grey.height, box[1], box[3], size);
  return filterColumns(filterRows(grey, across, size), down, size);
}

/** The whole pixels that the filter will look at. */
function safeBox({ width, height }, box, size) {
  const marginX = ((SUPPORT - 0.5) * (box[2] - box[0])) / size;
  const marginY = ((SUPPORT - 0.5) * (box[3] - box[1])) / size;
  return [
    Math.max(0, Math.trunc(box[0] - marginX)),
    Math.max(0, Math.trunc(box[1] - marginY)),
    Math.min(width, Math.ceil(box[2] + marginX)),
    Math.min(height, Math.ceil(box[3] + marginY)),
  ];
}

/** Average blocks of `factorX` x `factorY` pixels; those at the right and lower edge may be smaller. */
function reduce(grey, [left, top, right, bottom], factorX, factorY) {
  const width = Math.ceil((right - left) / factorX);
  const height = Math.ceil((bottom - top) / factorY);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const y1 = top + y * factorY;
    const y2 = Math.min(y1 + factorY, bottom);
    for (let x = 0; x < width; x++) {
      const x1 = left + x * factorX;
      const x2 = Math.min(x1 + factorX, right);
      let sum = 0;
      for (let row = y1; row < y2; row++) {
        for (let i = row * grey.width + x1; i < row * grey.width + x2; i++) sum += grey.data[i];
      }
      const count = (x2 - x1) * (y2 - y1);
      // Pillow multiplies by the rounded reciprocal rather than divide.
      const reciprocal = Math.floor(Math.fround(2 ** 24 / count));
      data[y * width + x] = Math.floor(((sum + (count >> 1)) * reciprocal) / 2 ** 24);
    }
  }
  return { data, width, height };
}

/** For each pixel of the result, the first pixel that counts and the weights of those from there on. */
function coefficients(length, low, high, size) {
  // Pillow takes the box in single precision.
  const start = Math.fround(low);
  const scale = Math.fround(Math.fround(high) - start) / size;
  const filterScale = Math.max(scale, 1);
  const support = SUPPORT * filterScale;
  return Array.from({ length: size }, (_, i) => {
    const centre = start + (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const last = Math.min(Math.trunc(centre + support + 0.5), length);
    const weights = new Float64Array(last - first);
    let sum = 0;
    for (let k = 0; k < weights.length; k++) {
      weights[k] = triangle((k + first - centre + 0.5) * (1 / filterScale));
      sum += weights[k];
    }
    // Rounded half away from zero; none is negative.
    const whole = Int32Array.from(weights, (w) => Math.trunc(0.5 + (sum ? w / sum : w) * (1 << PRECISION)));
    return { first, weights: whole };
  });
}

function triangle(x) {
  return Math.max(1 - Math.abs(x), 0);
}

function filterRows({ data, width, height }, taps, size) {
  const result = new Uint8Array(size * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < size; x++) {
      const { first, weights } = taps[x];
      const at = y * width + first;
      let sum = HALF;
      for (let k = 0; k < weights.length; k++) sum += data[at + k] * weights[k];
      result[y * size + x] = Math.min(sum >> PRECISION, 255);
    }
  }
  return result;
}

function filterColumns(data, taps, size) {
  const result = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    const { first, weights } = taps[y];
    for (let x = 0; x < size; x++) {
      let sum = HALF;
      for (let k = 0; k < weights.length; k++) sum += data[(first + k) * size + x] * weights[k];
      result[y * size + x] = Math.min(sum >> PRECISION, 255);
    }
  }
  return result;
}
