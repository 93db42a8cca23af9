/**
 * At which size a picture is searched for faces: the port of `ferkit.inference.detectors.detail`.
 *
 * The sizes come from Python with `page.json`, so they stand in one place.
 */

import { suppressOverlaps } from "./overlap.js";
import { roundEven, shrink } from "./shrink.js";

/**
 * Find the faces of a picture of any size, the largest first.
 * @param detector Has `detect(image)`.
 * @param {ImageData} image RGBA.
 * @param {object} sizes `search` of `page.json`.
 * @param {string} detail How thoroughly, one of `sizes.sides`.
 */
export async function searchFaces(detector, image, sizes, detail) {
  const long = Math.max(image.width, image.height);
  const side = sizes.sides[detail];
  let faces = await atSide(detector, image, side);
  if (side > sizes.coarse_side && long > 2 * sizes.coarse_side) {
    const shrunk = Math.min(1, side / long);
    const coarse = await atSide(detector, image, sizes.coarse_side);
    faces = [
      ...faces.filter(({ box }) => longer(box) * shrunk <= sizes.large_face),
      ...coarse.filter(({ box }) => (longer(box) * sizes.coarse_side) / long >= sizes.coarse_face),
    ];
  }
  if (detail === "high" && long > sizes.tile) faces.push(...(await inTiles(detector, image, sizes)));
  faces = kept(faces, faces.map((face) => face.score), sizes.overlap, false);
  // A piece of a face inside the face itself.
  return kept(faces, faces.map(({ box }) => longer(box)), sizes.inside, true);
}

async function atSide(detector, image, side) {
  const factor = Math.min(1, side / Math.max(image.width, image.height));
  if (factor === 1) return detector.detect(image);
  const width = Math.max(1, roundEven(image.width * factor));
  const height = Math.max(1, roundEven(image.height * factor));
  const faces = await detector.detect(shrink(image, width, height));
  return faces.map((face) => scaled(face, image.width / width, image.height / height));
}

/** Search tiles that overlap; a face cut off by the inner edge of a tile is left to the next one. */
async function inTiles(detector, image, sizes) {
  const found = [];
  for (const top of starts(image.height, sizes)) {
    for (const left of starts(image.width, sizes)) {
      const tile = piece(image, left, top, sizes.tile);
      for (const face of await detector.detect(tile)) {
        const box = face.box.map((value, i) => Math.fround(value + (i % 2 ? top : left)));
        const side = longer(box);
        const near = side * sizes.near; // the box of a cut-off face ends a little before the edge
        const whole =
          (box[0] - near > left || left === 0) &&
          (box[1] - near > top || top === 0) &&
          (box[2] + near < left + sizes.tile || left + sizes.tile >= image.width) &&
          (box[3] + near < top + sizes.tile || top + sizes.tile >= image.height);
        if (whole && side <= sizes.tile_face) found.push({ ...face, box });
      }
    }
  }
  return found;
}

/** Return where tiles begin, evenly spread, each pair sharing at least `sizes.shared` pixels. */
function starts(length, { tile, shared }) {
  if (length <= tile) return [0];
  const count = Math.ceil((length - shared) / (tile - shared));
  return Array.from({ length: count }, (_, i) => roundEven((i * (length - tile)) / (count - 1)));
}

function piece(image, left, top, side) {
  const width = Math.min(side, image.width - left);
  const height = Math.min(side, image.height - top);
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 4 * ((top + y) * image.width + left);
    data.set(image.data.subarray(from, from + 4 * width), 4 * y * width);
  }
  return { data, width, height };
}

/** The face as it lies in an image that is `x` times as wide and `y` times as high. */
export function scaled(face, x, y) {
  const [x1, y1, x2, y2] = face.box;
  return { ...face, box: [x1 * x, y1 * y, x2 * x, y2 * y].map(Math.fround) };
}

function kept(faces, scores, limit, ofSmaller) {
  const boxes = faces.map((face) => face.box);
  return suppressOverlaps(boxes, scores, limit, ofSmaller).map((i) => faces[i]);
}

function longer([x1, y1, x2, y2]) {
  return Math.max(x2 - x1, y2 - y1);
}
