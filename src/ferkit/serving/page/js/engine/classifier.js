/** Face crops in, calibrated probabilities out. */

import { openSession } from "./runtime.js";

// As in Python: what an answer allocates stays bounded.
const BATCH = 64;

export class Classifier {
  #ort;
  #session;

  /**
   * @param ort ONNX Runtime.
   * @param {Uint8Array} bytes The ONNX file.
   * @param {{emotions: string[], input_size: number[]}} model Its entry of `page.json`.
   */
  static async open(ort, bytes, model) {
    const classifier = new Classifier();
    classifier.#ort = ort;
    classifier.#session = await openSession(ort, bytes);
    classifier.size = model.input_size[0];
    classifier.emotions = model.emotions;
    return classifier;
  }

  /**
   * @param {Uint8Array[]} crops Grey, `size` x `size`, 0..255.
   * @returns {Promise<number[][]>} One row of probabilities for each crop, in the order of `emotions`.
   */
  async predict(crops) {
    const rows = [];
    for (let i = 0; i < crops.length; i += BATCH) {
      rows.push(...(await this.#run(crops.slice(i, i + BATCH))));
    }
    return rows;
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

  release() {
    return this.#session.release();
  }
}
