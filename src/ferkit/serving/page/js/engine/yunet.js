/**
 * The face detector: Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023.
 *
 * Network outputs to boxes as `ferkit.inference.detectors.builtin.yunet` does it.
 */

import { suppressOverlaps } from "./overlap.js";
import { openSession } from "./runtime.js";

const STRIDES = [8, 16, 32];
// The network halves its input five times.
const MULTIPLE = 32;
const LANDMARKS = 5;

export class YuNet {
  #ort;
  #session;
  #settings;

  /**
   * @param ort ONNX Runtime.
   * @param {Uint8Array} bytes The ONNX file.
   * @param {{threshold: number, overlap: number}} settings
   */
  static async open(ort, bytes, settings) {
    const detector = new YuNet();
    detector.#ort = ort;
    detector.#session = await openSession(ort, bytes);
    detector.#settings = settings;
    return detector;
  }

  /**
   * Find the faces of an RGBA image at the size it has.
   * @returns {Promise<{box: number[], score: number, landmarks: number[][]}[]>} Boxes may reach over the edges.
   */
  async detect(image) {
    const width = Math.ceil(image.width / MULTIPLE) * MULTIPLE;
    const height = Math.ceil(image.height / MULTIPLE) * MULTIPLE;
    const input = new this.#ort.Tensor("float32", planes(image, width, height), [1, 3, height, width]);
    const outputs = await this.#session.run({ input });
    const faces = STRIDES.flatMap((stride) =>
      decoded(outputs, stride, width / stride, height / stride, this.#settings.threshold),
    );
    const kept = suppressOverlaps(
      faces.map((face) => face.whole),
      faces.map((face) => face.score),
      this.#settings.overlap,
    );
    return kept.map((i) => ({ box: faces[i].box, score: faces[i].score, landmarks: faces[i].landmarks }));
  }

  release() {
    return this.#session.release();
  }
}

/** Blue, green and red planes of floats 0..255, black beyond the image. */
function planes({ data, width, height }, paddedWidth, paddedHeight) {
  const plane = paddedWidth * paddedHeight;
  const result = new Float32Array(3 * plane);
  let from = 0;
  for (let y = 0; y < height; y++) {
    let to = y * paddedWidth;
    for (let x = 0; x < width; x++, from += 4, to++) {
      result[to] = data[from + 2];
      result[to + plane] = data[from + 1];
      result[to + 2 * plane] = data[from];
    }
  }
  return result;
}

/** The faces that one of the three scales sees. */
function decoded(outputs, stride, columns, rows, threshold) {
  const [cls, obj, bbox] = ["cls", "obj", "bbox"].map((name) => outputs[`${name}_${stride}`].data);
  const points = outputs[`kps_${stride}`].data;
  const faces = [];
  for (let i = 0; i < columns * rows; i++) {
    const score = Math.fround(Math.sqrt(Math.fround(unit(cls[i]) * unit(obj[i]))));
    if (score < threshold) continue;
    const column = i % columns;
    const row = Math.floor(i / columns);
    const place = (offset, point) => Math.fround(Math.fround(point + offset) * stride);
    // Single precision and the order of steps as in Python.
    const [width, height] = [2, 3].map((k) => Math.fround(Math.fround(Math.exp(bbox[4 * i + k])) * stride));
    const x = Math.fround(place(bbox[4 * i], column) - Math.fround(width / 2));
    const y = Math.fround(place(bbox[4 * i + 1], row) - Math.fround(height / 2));
    if (!(width > 0 && height > 0 && Number.isFinite(width + height))) continue;
    const landmarks = [];
    for (let k = 0; k < 2 * LANDMARKS; k += 2) {
      const at = 2 * LANDMARKS * i + k;
      landmarks.push([place(points[at], column), place(points[at + 1], row)]);
    }
    const box = [x, y, Math.fround(x + width), Math.fround(y + height)];
    // Overlaps are taken between whole numbers, as OpenCV does.
    const [left, top] = [Math.trunc(x), Math.trunc(y)];
    const whole = [left, top, left + Math.trunc(width), top + Math.trunc(height)];
    faces.push({ box, whole, score, landmarks });
  }
  return faces;
}

function unit(value) {
  return Math.min(Math.max(value, 0), 1);
}
