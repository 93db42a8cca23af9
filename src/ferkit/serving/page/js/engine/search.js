/**
 * The sizes at which a picture is searched for faces: the port of `ferkit.inference.detectors.detail`.
 *
 * The sizes come from Python with `page.json`, so they are defined only once.
 */

import { suppressOverlaps } from "./overlap.js";
import { roundEven } from "./round_even.js";
import { shrink } from "./shrink.js";
import { inTiles } from "./tiles.js";
import { turnFace, turnImage } from "./turning.js";

const RGBA = 4;

/**
 * Find the faces of a picture of any size, the largest first.
 *
 * If no face of a photo has the score of an upright face, rotated copies are searched as well.
 * @param detector Has `detect(image)`.
 * @param {ImageData} image RGBA.
 * @param {object} sizes `search` of `page.json`.
 * @param {string} detail How thoroughly, one of `sizes.sides`.
 */
export async function searchFaces(detector, image, sizes, detail) {
  if (detail !== "normal") return found(detector, image, sizes, detail);
  // All smaller copies are made of this one, as in Python.
  const small = shrink(image, sizes.sides.normal);
  const faces = await found(detector, small, sizes, detail);
  return scaledTo(image, small, faces);
}

/** Search a picture, and rotated copies where upright faces do not settle it. */
async function found(detector, image, sizes, detail) {
  const faces = await searchUpright(detector, image, sizes, detail);
  if (detail === "live" || detail === "video") return faces;
  if (detail === "normal" && bestScore(faces) >= sizes.sure_score) return faces;
  return searchTurned(detector, image, sizes, detail, faces);
}

async function searchUpright(detector, image, sizes, detail) {
  const long = Math.max(image.width, image.height);
  const side = sizes.sides[detail];
  let faces = await atSide(detector, image, side);
  if (side > sizes.coarse && long > 2 * sizes.coarse) {
    const shrunk = Math.min(1, side / long);
    const coarse = await atSide(detector, image, sizes.coarse);
    faces = [
      ...faces.filter(({ box }) => longer(box) * shrunk <= sizes.largest_face),
      ...coarse.filter(({ box }) => (longer(box) * sizes.coarse) / long >= sizes.smallest_coarse_face),
    ];
  }
  if (detail === "high" && long > side) faces.push(...(await inTiles(detector, image, side, sizes)));
  return withoutOverlaps(faces, sizes);
}

/** Return the faces that were found upright and those found in turned copies of the picture. */
async function searchTurned(detector, image, sizes, detail, upright) {
  const share = roundEven(sizes.probed * Math.max(image.width, image.height));
  const probe = Math.max(1, Math.min(sizes.probe_side, share));
  const small = shrink(image, detail === "high" ? sizes.sides.high : probe);
  const copies = [];
  for (const quarters of [1, 2, 3]) {
    const faces = await turned((copy) => detector.detect(copy), small, quarters);
    copies.push(scaledTo(image, small, faces));
  }
  const scores = [upright, ...copies].map(bestScore);
  const best = scores.indexOf(Math.max(...scores));
  // A person lying down in an upright picture counts if the score is high and the search thorough.
  const lying = detail === "high" ? copies.flat().filter(({ score }) => score >= sizes.sure_score) : [];
  let faces = [...upright, ...lying];
  if (best) {
    const search = (copy) => searchUpright(detector, copy, sizes, detail);
    faces.push(...(await turned(search, image, best)));
  }
  // An upside-down face may be found as a larger one, around it or next to it.
  faces = kept(faces, faces.map(({ score }) => score), sizes.overlap, true);
  return withoutOverlaps(faces, sizes);
}

/** Search the picture turned by so many times 90 degrees; return faces as they lie in `image`. */
async function turned(search, image, quarters) {
  const copy = turnImage(image, quarters, RGBA);
  const faces = await search(copy);
  return faces.map((face) => turnFace(face, -quarters, copy.width, copy.height));
}

/** Keep each face once, the largest first. */
function withoutOverlaps(faces, sizes) {
  const once = kept(faces, faces.map(({ score }) => score), sizes.overlap, false);
  // A piece of a face inside the face itself.
  return kept(once, once.map(({ box }) => longer(box)), sizes.inside, true);
}

async function atSide(detector, image, side) {
  const small = shrink(image, side);
  return scaledTo(image, small, await detector.detect(small));
}

/** Return the faces of a smaller copy as they lie in the picture. */
function scaledTo(image, small, faces) {
  if (small === image) return faces;
  return faces.map((face) => scaled(face, image.width / small.width, image.height / small.height));
}

/** The face as it lies in an image that is `x` times as wide and `y` times as high. */
function scaled(face, x, y) {
  const [right, down] = [Math.fround(x), Math.fround(y)];
  const box = face.box.map((value, i) => Math.fround(value * (i % 2 ? down : right)));
  const landmarks = face.landmarks.map(([left, top]) => [Math.fround(left * right), Math.fround(top * down)]);
  return { ...face, box, landmarks };
}

function kept(faces, scores, limit, ofSmaller) {
  const boxes = faces.map((face) => face.box);
  return suppressOverlaps(boxes, scores, limit, ofSmaller).map((i) => faces[i]);
}

function bestScore(faces) {
  return Math.max(0, ...faces.map(({ score }) => score));
}

/** The longer side of a box. */
export function longer([x1, y1, x2, y2]) {
  return Math.max(x2 - x1, y2 - y1);
}
