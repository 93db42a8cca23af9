/** Face boxes to crops framed as the photographs of FER-2013 are: the port of `ferkit.inference.crops`. */

import { resizeGrey } from "./grey_resize.js";
import { roundEven } from "./round_even.js";
import { turnImage } from "./turning.js";

// OpenCV's weights of red, green and blue, in 1/2^15.
const RED = 9798;
const GREEN = 19235;
const BLUE = 3735;
const SHIFT = 15;

/**
 * Cut one face out; beyond the edges of the image its border pixels are repeated.
 * @param {{data: Uint8ClampedArray, width: number, height: number}} image RGBA.
 * @param {number[]} box
 * @param {{scale: number, down: number, right: number}} rule How the crop lies, in longer sides of the box.
 * @param {object} crop `crop` of `page.json`: `size`, and when and how leaning faces are turned upright.
 * @param {number} roll How far the face leans clockwise, in degrees.
 * @returns {Uint8Array} Grey, `size` x `size`.
 */
export function cropFace(image, box, rule, crop, roll = 0) {
  const quarters = roundEven(roll / 90);
  let angle = roll - 90 * quarters;
  if (Math.abs(angle) <= crop.upright_within) angle = 0;
  const square = cropSquare(box, rule, 90 * quarters + angle);
  const data = angle ? leaningCrop(image, square, angle, crop) : cropGrey(image, square, crop.size);
  return turnImage({ data, width: crop.size, height: crop.size }, quarters, 1).data;
}

/** Return where the square of a crop lies; right and down of the rule are those of a face that leans by `roll`. */
export function cropSquare([x1, y1, x2, y2], rule, roll = 0) {
  const side = Math.max(x2 - x1, y2 - y1, 0);
  const cosine = Math.cos((roll * Math.PI) / 180);
  const sine = Math.sin((roll * Math.PI) / 180);
  const x = (x1 + x2) / 2 + side * (rule.right * cosine - rule.down * sine);
  const y = (y1 + y2) / 2 + side * (rule.right * sine + rule.down * cosine);
  const half = (side * rule.scale) / 2;
  return [x - half, y - half, x + half, y + half];
}

/** Return one square turned around its centre, so that a face that leans by `angle` stands upright. */
function leaningCrop(image, square, angle, { size, larger, finer }) {
  const centre = [(square[0] + square[2]) / 2, (square[1] + square[3]) / 2];
  const half = (larger * (square[2] - square[0])) / 2;
  const around = [centre[0] - half, centre[1] - half, centre[0] + half, centre[1] + half];
  const side = Math.round(larger * finer * size);
  const upright = rotated(cropGrey(image, around, side), side, angle);
  const margin = (side - finer * size) >> 1;
  const crop = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const i = (margin + 2 * y) * side + margin + 2 * x;
      crop[y * size + x] = (upright[i] + upright[i + 1] + upright[i + side] + upright[i + side + 1] + 2) >> 2;
    }
  }
  return crop;
}

/** Turn a grey square counterclockwise around its centre, black from outside; in the steps of OpenCV's warpAffine. */
function rotated(data, side, angle) {
  const f = Math.fround; // single precision
  const cosine = Math.cos((angle * Math.PI) / 180);
  const sine = Math.sin((angle * Math.PI) / 180);
  const middle = (side - 1) / 2;
  const matrix = [
    [f(cosine), f(-sine), f((1 - cosine) * middle + sine * middle)],
    [f(sine), f(cosine), f((1 - cosine) * middle - sine * middle)],
  ];
  const at = (x, y) => (x < 0 || y < 0 || x >= side || y >= side ? 0 : data[y * side + x]);
  const between = (a, b, share) => f(a + f(share * f(b - a)));
  const result = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    const [rowX, rowY] = matrix.map(([, down, offset]) => f(f(down * y) + offset));
    for (let x = 0; x < side; x++) {
      const fromX = f(f(matrix[0][0] * x) + rowX);
      const fromY = f(f(matrix[1][0] * x) + rowY);
      const left = Math.floor(fromX);
      const top = Math.floor(fromY);
      const upper = between(at(left, top), at(left + 1, top), fromX - left);
      const lower = between(at(left, top + 1), at(left + 1, top + 1), fromX - left);
      result[y * side + x] = roundEven(between(upper, lower, fromY - top));
    }
  }
  return result;
}

/** Return a square of the image as grey pixels, `side` x `side`. */
function cropGrey(image, square, side) {
  const x1 = Math.floor(square[0]);
  const y1 = Math.floor(square[1]);
  const x2 = Math.max(Math.ceil(square[2]), x1 + 1);
  const y2 = Math.max(Math.ceil(square[3]), y1 + 1);
  const piece = greyPiece(image, x1, y1, x2, y2);
  let inner = [square[0] - x1, square[1] - y1, square[2] - x1, square[3] - y1];
  if (Math.min(inner[2] - inner[0], inner[3] - inner[1]) < 1) {
    inner = [0, 0, piece.width, piece.height];
  }
  return resizeGrey(piece, inner, side);
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
