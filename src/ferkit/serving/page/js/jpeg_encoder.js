/** Encoding of frames as JPEG, by messages to a worker. */

const FAILED = "This browser cannot encode the frames; choose to compute in this browser instead.";

export class JpegEncoder {
  #worker = null;
  #waiting = new Map();
  #next = 1;

  /**
   * @param {ImageBitmap|VideoFrame} frame Is used up.
   * @param {{most: number, quality: number}} options The long side is at most so many pixels; quality is 0..1.
   * @returns {Promise<ArrayBuffer>}
   */
  encode(frame, options) {
    this.#worker ??= this.#start();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, frame, ...options }, [frame]);
    });
  }

  #start() {
    const worker = new Worker(new URL("jpeg_worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data: { id, jpeg, error } }) => {
      const asked = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) asked.resolve(jpeg);
      else asked.reject(new Error(error));
    });
    worker.addEventListener("error", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(FAILED));
      this.#waiting.clear();
      this.#worker.terminate();
      this.#worker = null;
    });
    return worker;
  }
}
