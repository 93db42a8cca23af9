/** Face crops in, calibrated probabilities out: the port of `ferkit.inference.classifier`. */

import { openSession } from "./runtime.js";

// As in Python: what an answer allocates stays bounded.
const BATCH = 64;

export class Classifier {
  #ort;
  #session;
  #model;

  /**
   * @param ort ONNX Runtime.
   * @param {Uint8Array} bytes The ONNX file.
   * @param {object} model Its entry of `page.json`.
   */
  static async open(ort, bytes, model) {
    const classifier = new Classifier();
    classifier.#ort = ort;
    classifier.#session = await openSession(ort, bytes);
    classifier.#model = model;
    classifier.size = model.input_size[0];
    return classifier;
  }

  /**
   * @param {Uint8Array[]} crops Grey, `size` x `size`, 0..255.
   * @param {object} [options]
   * @param {boolean} [options.flip] Whether to take the mean over a face and its mirror image.
   * @param {boolean} [options.all] Whether extra classes, such as contempt, are answered too.
   * @returns {Promise<number[][]>} One row of probabilities for each crop, in the order of the emotions asked for.
   */
  async predict(crops, { flip = false, all = false } = {}) {
    const rows = [];
    for (let i = 0; i < crops.length; i += BATCH) {
      const batch = crops.slice(i, i + BATCH);
      rows.push(...(flip ? await this.#bothViews(batch) : await this.#run(batch)));
    }
    return all ? rows : rows.map((row) => this.#folded(row));
  }

  async #bothViews(crops) {
    const rows = await this.#run([...crops, ...crops.map((crop) => mirrored(crop, this.size))]);
    const half = crops.length;
    return crops.map((_, i) => rows[i].map((value, k) => Math.fround(Math.fround(value + rows[half + i][k]) / 2)));
  }

  async #run(crops) {
    const { size } = this;
    const pixels = new Float32Array(crops.length * size * size);
    crops.forEach((crop, i) => pixels.set(crop, i * size * size));
    const input = new this.#ort.Tensor("float32", pixels, [crops.length, size, size, 1]);
    const outputs = await this.#session.run({ [this.#session.inputNames[0]]: input });
    const { data, dims } = outputs[this.#session.outputNames[0]];
    return crops.map((_, i) => Array.from(data.subarray(i * dims[1], (i + 1) * dims[1])));
  }

  /** Share the probability of extra classes among the others, in proportion to theirs. */
  #folded(row) {
    const { known, emotions } = this.#model;
    if (known.length === emotions.length) return row;
    const kept = row.filter((_, i) => emotions.includes(known[i]));
    const total = kept.reduce((sum, value) => sum + value, 0);
    return kept.map((value) => (total > 0 ? value / total : 1 / kept.length));
  }

  release() {
    return this.#session.release();
  }
}

function mirrored(crop, size) {
  const result = new Uint8Array(crop.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) result[y * size + x] = crop[y * size + size - 1 - x];
  }
  return result;
}
