/** A smaller copy for the detector, made as `ferkit.inference.detectors.detail` makes it with OpenCV. */

import { roundEven } from "./round_even.js";

const RGBA = 4;
// Weights are whole numbers that sum to this.
const ONE = 2048;

/**
 * Average 2x2 pixels while more than the wanted size is left, then interpolate.
 * @param {{data: Uint8ClampedArray, width: number, height: number}} image RGBA.
 * @param {number} side The long side is at most so many pixels.
 * @returns The same kind of image, or the very same where that is small enough.
 */
export function shrink(image, side) {
  const factor = side / Math.max(image.width, image.height);
  if (factor >= 1) return image;
  const width = Math.max(1, roundEven(image.width * factor));
  const height = Math.max(1, roundEven(image.height * factor));
  let smaller = image;
  while (smaller.width >> 1 >= width && smaller.height >> 1 >= height) smaller = halved(smaller);
  return interpolated(smaller, width, height);
}

function halved({ data, width, height }) {
  const halfWidth = width >> 1;
  const halfHeight = height >> 1;
  const half = new Uint8ClampedArray(halfWidth * halfHeight * RGBA);
  const row = width * RGBA;
  let to = 0;
  for (let y = 0; y < halfHeight; y++) {
    let from = 2 * y * row;
    for (let x = 0; x < halfWidth; x++, from += 2 * RGBA, to += RGBA) {
      for (let c = 0; c < 3; c++) {
        const i = from + c;
        half[to + c] = (data[i] + data[i + RGBA] + data[i + row] + data[i + row + RGBA] + 2) >> 2;
      }
      half[to + 3] = 255;
    }
  }
  return { data: half, width: halfWidth, height: halfHeight };
}

/** Bilinear in whole numbers, rounded at each step as OpenCV rounds. */
function interpolated(image, width, height) {
  if (image.width === width && image.height === height) return image;
  const across = taps(image.width, width);
  const down = taps(image.height, height);
  const rows = Array.from({ length: image.height }); // those that were needed, along the row already
  const result = new Uint8ClampedArray(width * height * RGBA).fill(255);
  for (let y = 0; y < height; y++) {
    const upper = (rows[down.low[y]] ??= interpolatedRow(image, down.low[y], across));
    const lower = (rows[down.high[y]] ??= interpolatedRow(image, down.high[y], across));
    const far = down.weight[y];
    const near = ONE - far;
    let to = y * width * RGBA;
    for (let i = 0; i < 3 * width; i += 3, to += RGBA) {
      for (let c = 0; c < 3; c++) {
        const top = (near * (upper[i + c] >> 4)) >> 16;
        const bottom = (far * (lower[i + c] >> 4)) >> 16;
        result[to + c] = (top + bottom + 2) >> 2;
      }
    }
  }
  return { data: result, width, height };
}

function interpolatedRow({ data, width }, y, { low, high, weight }) {
  const row = new Int32Array(3 * low.length);
  for (let x = 0; x < low.length; x++) {
    const left = (y * width + low[x]) * RGBA;
    const right = (y * width + high[x]) * RGBA;
    const far = weight[x];
    for (let c = 0; c < 3; c++) row[3 * x + c] = data[left + c] * (ONE - far) + data[right + c] * far;
  }
  return row;
}

/** Between which two old pixels each new one lies, and the weight of the second. */
function taps(from, to) {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const weight = new Int32Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.fround((i + 0.5) * (from / to) - 0.5);
    const first = Math.floor(at);
    const outside = first < 0 || first >= from - 1;
    weight[i] = outside ? 0 : roundEven(Math.fround(at - first) * ONE);
    low[i] = Math.min(Math.max(first, 0), from - 1);
    high[i] = Math.min(low[i] + 1, from - 1);
  }
  return { low, high, weight };
}
