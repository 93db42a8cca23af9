/** Pictures in, faces with emotions out, all in this worker. */

import { Classifier } from "./classifier.js";
import { cropFace } from "./crop.js";
import { fetchBytes } from "./fetch_bytes.js";
import { loadRuntime } from "./runtime.js";
import { searchFaces } from "./search.js";
import { rollOf } from "./turning.js";
import { YuNet } from "./yunet.js";

const WARM_SIDE = 64;

export class Recognizer {
  #config;
  #detector = null;
  #classifier = null;

  /** @param {object} config What `page.json` says. */
  constructor(config) {
    this.#config = config;
  }

  /**
   * Load what is not there yet: runtime, detector and one model, all at once.
   * @param {string} name The model.
   * @param {(share: number) => void} onProgress
   */
  async load(name, onProgress = () => {}) {
    const model = this.#config.models.find((entry) => entry.name === name);
    if (!model) throw new Error(`There is no model ${name} here; choose another one.`);
    const { runtime, detector } = this.#config;
    const [ort, detectorBytes, modelBytes] = await Promise.all([
      loadRuntime(runtime.url, onProgress),
      this.#detector ? null : fetchBytes(detector.url),
      fetchBytes(model.url),
    ]);
    this.#detector ??= await YuNet.open(ort, detectorBytes, detector);
    const before = this.#classifier;
    this.#classifier = await Classifier.open(ort, modelBytes, model);
    await before?.release();
  }

  /** Have the networks run once, since the first time is slow. */
  async warmUp() {
    const blank = { data: new Uint8ClampedArray(4 * WARM_SIDE ** 2), width: WARM_SIDE, height: WARM_SIDE };
    await this.#detector.detect(blank);
    const { size } = this.#classifier;
    await this.#classifier.predict([new Uint8Array(size * size)]);
  }

  /**
   * @param {ImageData} image
   * @param {object} options
   * @param {string} options.detector `yunet`, or `none`: the picture is the face.
   * @param {string} options.detail How thoroughly it is searched: `live`, `video`, `normal` or `high`.
   * @param {boolean} options.flip Whether mirror images are looked at as well.
   * @param {boolean} options.all Whether extra classes are answered too.
   * @returns {Promise<{box: number[], score: number, probabilities: number[]}[]>} Boxes within the image's edges.
   */
  async recognize(image, { detector, detail, flip, all }) {
    const faces =
      detector === "none"
        ? [{ box: [0, 0, image.width, image.height], score: 1 }]
        : await searchFaces(this.#detector, image, this.#config.search, detail);
    const rule = this.#config.crop_rules[detector];
    const crops = faces.map(({ box, landmarks }) => {
      const roll = landmarks ? rollOf(landmarks) : 0;
      return cropFace(image, box, rule, this.#config.crop, roll);
    });
    const rows = await this.#classifier.predict(crops, { flip, all });
    return faces.map(({ box, score }, i) => ({
      box: inside(box, image),
      score: Math.min(Math.max(score, 0), 1),
      probabilities: rows[i],
    }));
  }
}

function inside(box, { width, height }) {
  return box.map((value, i) => Math.min(Math.max(value, 0), i % 2 ? height : width));
}
