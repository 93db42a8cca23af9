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
    const outputs = await this.#session.run({ [this.#session.inputNames[0]]: input });
    const faces = this.#session.outputNames.flatMap((name, level) =>
      decoded(outputs[name], STRIDES[level], this.#settings.threshold),
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

/**
 * The faces that one of the three scales sees. Of each point of its grid it tells 16 numbers, plane by plane: the logits
 * of "a thing here is a face" and of "there is a thing here", a box and landmarks, seen from the point in strides.
 */
function decoded({ data, dims: [, , rows, columns] }, stride, threshold) {
  const plane = rows * columns;
  const most = 1 / Math.max(threshold, 1e-6) ** 2;
  const faces = [];
  for (let i = 0; i < plane; i++) {
    const unlikely = (1 + Math.exp(-data[i])) * (1 + Math.exp(-data[plane + i]));
    if (!(unlikely <= most)) continue;
    const of = (number) => data[number * plane + i];
    const point = [i % columns, Math.floor(i / columns)];
    const place = (number, axis) => Math.fround(Math.fround(point[axis] + of(number)) * stride);
    // Single precision and the order of steps as in Python.
    const [width, height] = [4, 5].map((number) => Math.fround(Math.fround(Math.exp(of(number))) * stride));
    const x = Math.fround(place(2, 0) - Math.fround(width / 2));
    const y = Math.fround(place(3, 1) - Math.fround(height / 2));
    if (!(width > 0 && height > 0 && Number.isFinite(width + height))) continue;
    const landmarks = [];
    for (let k = 6; k < 16; k += 2) landmarks.push([place(k, 0), place(k + 1, 1)]);
    const box = [x, y, Math.fround(x + width), Math.fround(y + height)];
    // Overlaps are taken between whole numbers, as OpenCV does.
    const [left, top] = [Math.trunc(x), Math.trunc(y)];
    const whole = [left, top, left + Math.trunc(width), top + Math.trunc(height)];
    faces.push({ box, whole, score: Math.fround(1 / Math.sqrt(unlikely)), landmarks });
  }
  return faces;
}
