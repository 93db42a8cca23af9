/** Face boxes to crops framed as the photographs of FER-2013 are: the port of `ferkit.inference.crops`. */

import { resizeGrey } from "./grey_resize.js";

// OpenCV's weights of red, green and blue, in 1/2^15.
const RED = 9798;
const GREEN = 19235;
const BLUE = 3735;
const SHIFT = 15;

/**
 * Return where the square of a crop lies; it may reach over the image's edges.
 * @param {number[]} box `x1, y1, x2, y2`.
 * @param {{scale: number, down: number, right: number}} rule In longer sides of the box.
 */
export function cropSquare([x1, y1, x2, y2], rule) {
  const side = Math.max(x2 - x1, y2 - y1, 0);
  const x = (x1 + x2) / 2 + side * rule.right;
  const y = (y1 + y2) / 2 + side * rule.down;
  const half = (side * rule.scale) / 2;
  return [x - half, y - half, x + half, y + half];
}

/**
 * Cut one face out; beyond the edges of the image its border pixels are repeated.
 * @param {{data: Uint8ClampedArray, width: number, height: number}} image RGBA.
 * @param {number[]} box
 * @param {{scale: number, down: number, right: number}} rule
 * @param {number} size Side of the crop in pixels.
 * @returns {Uint8Array} Grey, `size` x `size`.
 */
export function cropFace(image, box, rule, size) {
  const square = cropSquare(box, rule);
  const x1 = Math.floor(square[0]);
  const y1 = Math.floor(square[1]);
  const x2 = Math.max(Math.ceil(square[2]), x1 + 1);
  const y2 = Math.max(Math.ceil(square[3]), y1 + 1);
  const piece = greyPiece(image, x1, y1, x2, y2);
  let inner = [square[0] - x1, square[1] - y1, square[2] - x1, square[3] - y1];
  if (Math.min(inner[2] - inner[0], inner[3] - inner[1]) < 1) {
    inner = [0, 0, piece.width, piece.height];
  }
  return resizeGrey(piece, inner, size);
}

function greyPiece({ data, width, height }, x1, y1, x2, y2) {
  const piece = new Uint8Array((x2 - x1) * (y2 - y1));
  let to = 0;
  for (let y = y1; y < y2; y++) {
    const row = clamp(y, height) * width;
    for (let x = x1; x < x2; x++) {
      const i = (row + clamp(x, width)) * 4;
      const sum = data[i] * RED + data[i + 1] * GREEN + data[i + 2] * BLUE;
      piece[to++] = (sum + (1 << (SHIFT - 1))) >> SHIFT;
    }
  }
  return { data: piece, width: x2 - x1, height: y2 - y1 };
}

function clamp(value, length) {
  return Math.min(Math.max(value, 0), length - 1);
}
