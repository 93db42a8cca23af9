/** A large picture searched in full, tile by tile. */

import { roundEven } from "./round_even.js";

const RGBA = 4;

/**
 * Search tiles that overlap; a face cut off by the inner edge of a tile is left to the next one.
 * @param detector Has `detect(image)`.
 * @param {ImageData} image RGBA.
 * @param {number} side Of a tile, in pixels.
 * @param {object} sizes `search` of `page.json`.
 */
export async function inTiles(detector, image, side, sizes) {
  const found = [];
  for (const top of starts(image.height, side, sizes.shared)) {
    for (const left of starts(image.width, side, sizes.shared)) {
      const faces = await detector.detect(piece(image, left, top, side));
      for (const face of faces.map((inside) => shifted(inside, left, top))) {
        const [x1, y1, x2, y2] = face.box;
        const long = Math.max(x2 - x1, y2 - y1);
        const near = long * sizes.near; // the box of a cut-off face ends a little before the edge
        const whole =
          (x1 - near > left || left === 0) &&
          (y1 - near > top || top === 0) &&
          (x2 + near < left + side || left + side >= image.width) &&
          (y2 + near < top + side || top + side >= image.height);
        if (whole && long <= sizes.tile_face) found.push(face);
      }
    }
  }
  return found;
}

/** Return where tiles begin, evenly spread, each pair sharing at least `shared` pixels. */
function starts(length, side, shared) {
  if (length <= side) return [0];
  const count = Math.ceil((length - shared) / (side - shared));
  return Array.from({ length: count }, (_, i) => roundEven((i * (length - side)) / (count - 1)));
}

function piece(image, left, top, side) {
  const width = Math.min(side, image.width - left);
  const height = Math.min(side, image.height - top);
  const data = new Uint8ClampedArray(RGBA * width * height);
  for (let y = 0; y < height; y++) {
    const from = RGBA * ((top + y) * image.width + left);
    data.set(image.data.subarray(from, from + RGBA * width), RGBA * y * width);
  }
  return { data, width, height };
}

function shifted(face, x, y) {
  const box = face.box.map((value, i) => Math.fround(value + (i % 2 ? y : x)));
  const landmarks = face.landmarks.map(([right, down]) => [Math.fround(right + x), Math.fround(down + y)]);
  return { ...face, box, landmarks };
}
