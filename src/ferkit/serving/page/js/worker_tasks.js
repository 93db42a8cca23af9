/**
 * What the worker does.
 *
 * Takes `{id, type, ...}`, answers `{id, result}` or `{id, error}`, and `{id, progress}` while it loads.
 */

import { Recognizer } from "./engine/recognizer.js";
import { decode, readPixels, sizeOf } from "./engine/read_pixels.js";

let recognizer = null;
// One task at a time: a model must not go while it answers.
let queue = Promise.resolve();
let newest = 0;
const IDLE_MS = 300;

const tasks = {
  async configure({ config }) {
    recognizer = new Recognizer(config);
  },

  async load({ id, model }) {
    await recognizer.load(model, (progress) => self.postMessage({ id, progress }));
    // A picture that is already there comes first, and warms the networks up itself.
    setTimeout(() => id === newest && enqueue(() => recognizer.warmUp()), IDLE_MS);
  },

  /** A picture file: decoded here, boxes in pixels of the original. */
  async photo({ decoding, options }) {
    const bitmap = await decoding.catch((error) => {
      throw error.message.startsWith("The image is too large") ? error : new Error(UNREADABLE);
    });
    return recognizeBitmap(bitmap, options);
  },

  /** A frame of a camera or a video: an `ImageBitmap` or a `VideoFrame`. */
  async frame({ bitmap, options }) {
    return recognizeBitmap(bitmap, options);
  },
};

const UNREADABLE =
  "This file cannot be read as a picture; choose a JPEG, PNG, WebP, GIF, BMP or AVIF file.";

async function recognizeBitmap(bitmap, options) {
  const [width, height] = sizeOf(bitmap);
  let image;
  try {
    image = readPixels(bitmap, options.most);
  } finally {
    bitmap.close(); // a camera waits for frames that are kept
  }
  const faces = await recognizer.recognize(image, options);
  const [x, y] = [width / image.width, height / image.height];
  for (const face of faces) face.box = face.box.map((value, i) => value * (i % 2 ? y : x));
  return { size: [width, height], faces };
}

async function answer(data) {
  try {
    const result = await tasks[data.type](data);
    self.postMessage({ id: data.id, result });
  } catch (error) {
    self.postMessage({ id: data.id, error: error?.message ?? String(error) });
  }
}

function enqueue(task) {
  queue = queue.then(task).catch(() => {}); // whoever asked was told
}

/** Take a message, and do what it asks for once all before it is done. */
export function take(data) {
  newest = data.id;
  // The browser decodes in a thread of its own, meanwhile.
  if (data.blob) {
    data.decoding = decode(data.blob);
    data.decoding.catch(() => {}); // the task says so
  }
  enqueue(() => answer(data));
}
